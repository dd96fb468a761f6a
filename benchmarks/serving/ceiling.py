"""How close serving is to the hardware: batches against int8 matrix products, one text against reading the weights.

    .venv-model/bin/python -m benchmarks.serving.ceiling [--model ARTIFACT] [--rounds 60]

One core. A batch is 32 texts of 24 word pieces; its ceiling is the fastest int8 product of any library here at
DistilBERT-base's sizes. One text has 16 word pieces, and needs each int8 weight once: its floor is the time to read
as many bytes. All five take turns in one run, because a shared machine's speed drifts. Processor time is measured,
which excludes waiting for other processes. The figures are medians; ratios are medians of the ratios of each round.
The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# One core: set before importing anything that reads these.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")

import numpy as np

from benchmarks.serving import int8_products
from model_code.serving.classifier import Classifier

TEXTS, PIECES, PIECES_ALONE = 32, 24, 16
ROUNDS = 60
MIN_SECONDS = 0.02  # of one turn: far above the clock's resolution


def measure(folder: Path | None = None, *, rounds: int = ROUNDS) -> dict[str, float]:
    """Milliseconds, and their ratios, of the artifact in ``folder`` (DistilBERT-base's shape; None: one is made).

    ``int8_ceiling_ms_per_text`` and ``batch_ms_per_text`` are per text of a batch; ``weights_read_ms`` and
    ``single_ms`` are of one text alone. Texts are strings, so tokenizing is part of the figures.
    """
    if folder is None:
        with tempfile.TemporaryDirectory() as work:
            from benchmarks.serving.servers import model

            model.build(Path(work), data=None)
            return measure(Path(work) / model.ARTIFACT, rounds=rounds)
    classifier = Classifier(folder, threads=1)
    classifier.warm_up()
    batch, alone = [_text(classifier, PIECES)] * TEXTS, [_text(classifier, PIECES_ALONE)]
    products = int8_products.libraries(TEXTS * PIECES)
    runs: dict[str, Callable[[], object]] = {
        **products,
        "batch": lambda: classifier.predict(batch),
        "alone": lambda: classifier.predict(alone),
        "read": _reading(int8_products.WEIGHT_BYTES),
    }
    turns = take_turns(runs, rounds=rounds)
    spent = {name: statistics.median(each) for name, each in turns.items()}
    fastest = min(products, key=spent.__getitem__)
    for name in products:
        gigaops = int8_products.operations(TEXTS * PIECES) / spent[name] / 1e6
        print(f"{name}: {spent[name] / TEXTS:.3f} ms a text, {gigaops:,.0f} int8 GOP/s", file=sys.stderr)
    return {
        "int8_ceiling_ms_per_text": round(spent[fastest] / TEXTS, 4),
        "batch_ms_per_text": round(spent["batch"] / TEXTS, 4),
        "batch_to_ceiling": round(_ratio(turns["batch"], turns[fastest]), 3),
        "weights_read_ms": round(spent["read"], 4),
        "single_ms": round(spent["alone"], 4),
        "single_to_weights_read": round(_ratio(turns["alone"], turns["read"]), 3),
    }


def take_turns(runs: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, list[float]]:
    """Processor milliseconds of one call of each, by round; all take turns in each round."""
    calls = {name: _calls(run) for name, run in runs.items()}
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            before = time.process_time()
            for _ in range(calls[name]):
                run()
            spent[name].append((time.process_time() - before) * 1000 / calls[name])
    return spent


def _ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the rounds' ratios, which a change of the machine's speed between rounds does not affect."""
    return statistics.median(one / other for one, other in zip(above, below, strict=True))


def _calls(run: Callable[[], object]) -> int:
    """Calls that take at least MIN_SECONDS; the first ones warm up."""
    for _ in range(3):
        run()
    before = time.process_time()
    run()
    return max(1, round(MIN_SECONDS / max(time.process_time() - before, 1e-6)))


def _text(classifier: Classifier, pieces: int) -> str:
    """A text of exactly so many word pieces, including the two special ones."""
    words: list[str] = []
    for word in sorted(classifier.tokenizer.get_vocab()):
        if word.isascii() and word.isalpha() and len(classifier.encode([word])[0].ids) == 3:
            words.append(word)
        if len(words) == pieces - 2:
            break
    text = " ".join(words)
    count = len(classifier.encode([text])[0].ids)
    if count != pieces:
        raise ValueError(f"the model's tokenizer makes {count} word pieces of a text that needs {pieces}")
    return text


def _reading(size: int) -> Callable[[], object]:
    """One pass over ``size`` bytes, by a routine that is bound by memory only: a dot product."""
    values = np.ones(size // 4, dtype=np.float32)
    return lambda: np.dot(values, values)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="an artifact's folder (default: one with random weights is made)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns of each measurement (default {ROUNDS})")
    chosen = parser.parse_args(arguments)
    figures = measure(chosen.model, rounds=chosen.rounds)
    print(
        f"batch: {figures['batch_ms_per_text']:.3g} ms per text, {figures['batch_to_ceiling']:.2f} times the int8 "
        f"product ceiling of {figures['int8_ceiling_ms_per_text']:.3g}; alone: {figures['single_ms']:.3g} ms, "
        f"{figures['single_to_weights_read']:.2f} times reading the weights ({figures['weights_read_ms']:.3g} ms)"
    )
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
