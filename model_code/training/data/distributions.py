"""baseline.json: what the model that serves measures and answers on the test texts, to compare later answers with."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from contracts.models import artifact
from contracts.models.baseline import (
    BINS,
    CONFIDENCE,
    LAYOUT,
    MAX_BYTES,
    MAX_CONFUSION_LABELS,
    MAX_TERMS,
    PIECES,
    PREDICTED_LABEL,
    SHARE_EDGES,
    WORDS,
    Baseline,
    Stream,
    bin_of,
)
from contracts.models.measures import LENGTH, UNKNOWN_PIECES, UNSEEN_WORDS, Measures
from contracts.texts.words import words
from model_code.serving.classifier import Classifier
from model_code.training.data.rows import Row, one_of_each
from model_code.training.data.split import Split

EDGE_TEXTS = 2_000  # validation texts by which bins are chosen
# Engines and batches move a probability by less, and many are close to 1: with finer bins a text would change its bin.
CONFIDENCE_STEP = 0.01
LONGEST_TERM = 40  # characters
FEWEST_TEXTS = 2  # that must have a word for it to be a term

Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Answered:
    """Rows with the model's answers: probabilities of shape (rows, labels), and what it measured."""

    rows: Sequence[Row]
    probabilities: Matrix
    measures: Sequence[Measures]

    def independent(self) -> Answered:
        """One row of each group of near duplicates."""
        kept = {row.line for row in one_of_each(self.rows)}
        at = [position for position, row in enumerate(self.rows) if row.line in kept]
        return Answered([self.rows[each] for each in at], self.probabilities[at], [self.measures[each] for each in at])


def describe(classifier: Classifier, parts: Split, tested: Answered, *, on_valid: Matrix | None) -> Baseline:
    """The reference. ``tested``: the test part's answers by ``classifier``, whose artifact knows the words seen.

    The bins are chosen by validation texts: by the texts that are counted, each bin would get its share of them however
    they came out, and the counts would no longer vary as a sample's do. ``on_valid``: their probabilities if the model
    that serves was fitted on them, by one that was not: of texts that it knows it is so sure that most texts would be
    in the first bin.
    """
    chosen = one_of_each(parts.valid)[:EDGE_TEXTS]
    encodings = classifier.encode([row.text for row in chosen])
    if on_valid is None:
        unseen = classifier.predict_encodings(encodings)
    else:
        lines = {row.line for row in chosen}
        unseen = on_valid[[row.line in lines for row in parts.valid]]
    edges = {
        CONFIDENCE: confidence_edges(unseen.max(axis=1)),
        LENGTH: length_edges([each["length"] for each in classifier.measure(encodings)]),
        UNKNOWN_PIECES: list(SHARE_EDGES),
        UNSEEN_WORDS: list(SHARE_EDGES),
    }
    labels, counted = list(classifier.labels), tested.independent()
    predicted = counted.probabilities.argmax(axis=1)
    truth = np.array([labels.index(row.label) for row in counted.rows])
    confidence = counted.probabilities.max(axis=1)
    measured: dict[str, list[float | None]] = {
        CONFIDENCE: confidence.tolist(),
        LENGTH: [each["length"] for each in counted.measures],
        UNKNOWN_PIECES: [each["unknown_pieces"] for each in counted.measures],
        UNSEEN_WORDS: [each["unseen_words"] for each in counted.measures],
    }
    streams: dict[str, Stream] = {PREDICTED_LABEL: {"counts": np.bincount(predicted, minlength=len(labels)).tolist()}}
    for name, values in measured.items():
        known = [value for value in values if value is not None]
        if known:
            streams[name] = histogram(known, edges[name])
    trained, learned = one_of_each(parts.train), Counter(row.label for row in parts.train)
    return {
        "layout": LAYOUT,
        "model_version": classifier.model_version,
        "texts": len(counted.rows),
        "length_unit": PIECES if classifier.tokenizer else WORDS,
        "labels": labels,
        "streams": streams,
        "confusion": confusion(truth, predicted, labels=len(labels)),
        "prior": [learned[label] / len(parts.train) for label in labels],
        "mean_confidence": float(confidence.mean()),
        "accuracy": float((predicted == truth).mean()),
        "term_texts": len(trained),
        "terms": terms(row.text for row in trained),
    }


def write(folder: Path, baseline: Baseline) -> None:
    """Write the file into the artifact in ``folder``: on one line, since most of it is a large table of numbers.

    If it would be too large, the confusion matrix goes first, then the terms; a reference that is too large even
    without them is not written, which the log says.
    """
    for smaller in (baseline, {**baseline, "confusion": None}, {**baseline, "confusion": None, "terms": {}}):
        content = json.dumps(smaller, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
        if len(content.encode("utf-8", "surrogatepass")) <= MAX_BYTES:
            (folder / artifact.BASELINE_FILE).write_text(content, encoding="utf-8")
            return
    print(f"no {artifact.BASELINE_FILE}: the labels alone take more than {MAX_BYTES:,} bytes", flush=True)


def confidence_edges(values: Matrix) -> list[float]:
    """Quantiles, in steps of CONFIDENCE_STEP."""
    steps = {round(quantile / CONFIDENCE_STEP) for quantile in _quantiles(values)}
    last = round(1 / CONFIDENCE_STEP) - 1
    return [0.0, *(round(step * CONFIDENCE_STEP, 2) for step in sorted({min(step, last) for step in steps} - {0}))]


def length_edges(values: Sequence[int]) -> list[float]:
    """Quantiles, which are whole numbers."""
    return [0, *sorted({math.ceil(quantile) for quantile in _quantiles(np.array(values))} - {0})]


def histogram(values: Iterable[float], edges: Sequence[float]) -> Stream:
    """How many of the values are in each bin."""
    counts = Counter(bin_of(value, edges) for value in values)
    return {"edges": list(edges), "counts": [counts[number] for number in range(len(edges))]}


def confusion(truth: Matrix, predicted: Matrix, *, labels: int) -> list[list[int]] | None:
    """Numbers of texts, a row for each true label; None with too many labels."""
    if labels > MAX_CONFUSION_LABELS:
        return None
    cells = np.bincount(truth * labels + predicted, minlength=labels * labels)
    matrix: list[list[int]] = cells.reshape(labels, labels).tolist()
    return matrix


def terms(texts: Iterable[str]) -> dict[str, int]:
    """The words that the most texts have, and how many; the same texts in any order give the same."""
    having = Counter(word for text in texts for word in set(words(text)) if len(word) <= LONGEST_TERM)
    frequent = sorted(having.items(), key=lambda each: (-each[1], each[0]))[:MAX_TERMS]
    return {word: count for word, count in frequent if count >= FEWEST_TEXTS}


def most_frequent_words(rows: Iterable[Row]) -> list[str]:
    """All words, the most frequent first; the same rows in any order give the same."""
    counts = Counter(word for row in rows for word in words(row.text))
    return sorted(counts, key=lambda word: (-counts[word], word))


def _quantiles(values: Matrix) -> list[float]:
    found: list[float] = np.quantile(values, np.arange(1, BINS) / BINS).tolist()
    return found
