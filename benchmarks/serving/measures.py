"""What measuring texts adds to serving them, in processor time of a text, alone and in batches.

    .venv-model/bin/python -m benchmarks.serving.measures ARTIFACT... [--data news/valid.tsv]

ARTIFACT: the folder of an unpacked model. A text is normalised, cut, classified and answered as in the containers,
once with and once without measures, in turns; the time is of the one thread that does the work, the median of several
rounds. HTTP is left out, which both have alike. Last line: one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # as the containers do

from benchmarks.training import recipes
from contracts.models.measures import Measures
from model_code.serving import protocol
from model_code.serving.classifier import Classifier

TEXTS = 512
SIZES = (1, 32)  # texts of a request
ROUNDS = 15


def answered(classifier: Classifier, body: bytes, *, measured: bool) -> str:
    """What a container does between a request's body and its answer's."""
    request = protocol.parse(body, protocol.JSON)
    encodings = classifier.encode(request.texts)
    probabilities = classifier.predict_encodings(encodings)
    measures: Sequence[Measures] = classifier.measure(encodings) if measured else [{}] * len(encodings)  # type: ignore[list-item,typeddict-item]
    return protocol.format_answer(
        request, probabilities, measures, labels=classifier.labels, model_version=classifier.model_version
    )


def microseconds(work: Callable[[], Any], *, texts: int) -> float:
    """Processor time for a text."""
    began = time.thread_time()
    work()
    return (time.thread_time() - began) / texts * 1e6


def compare(classifier: Classifier, texts: Sequence[str], *, size: int) -> dict[str, Any]:
    """Microseconds for a text with and without measures, in requests of ``size`` texts."""
    bodies = [
        json.dumps({"inputs": list(texts[start : start + size])}).encode() for start in range(0, len(texts), size)
    ]
    spent: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(ROUNDS + 1):
        for measured in (True, False) if turn % 2 else (False, True):
            taken = microseconds(
                lambda measured=measured: [answered(classifier, body, measured=measured) for body in bodies],
                texts=len(texts),
            )
            if turn:  # the first one warms up
                spent[measured].append(taken)
    with_them, without = (statistics.median(spent[measured]) for measured in (True, False))
    return {
        "texts_a_request": size,
        "microseconds": round(with_them, 1),
        "microseconds_without": round(without, 1),
        "added_percent": round(100 * (with_them / without - 1), 1),
    }


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("artifacts", type=Path, nargs="+", metavar="ARTIFACT")
    parser.add_argument("--data", type=Path, help="labelled file whose texts to send (default: generated ones)")
    chosen = parser.parse_args(arguments)
    rows, _ = recipes.load(chosen.data)
    texts = [row.text for row in rows[:TEXTS]]
    results = []
    print("| model | texts a request | µs a text | without measures | added |\n| --- | --- | --- | --- | --- |")
    for folder in chosen.artifacts:
        classifier = Classifier(folder, threads=1)
        for size in SIZES:
            found = {"engine": classifier.engine, **compare(classifier, texts, size=size)}
            results.append(found)
            print(
                f"| {found['engine']} | {size} | {found['microseconds']} | {found['microseconds_without']} "
                f"| {found['added_percent']} % |",
                flush=True,
            )
    print(json.dumps({"results": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
