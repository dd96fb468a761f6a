"""baseline.json: what the training data and the model's answers look like, for the drift monitor to compare with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from model_code.serving.classifier import Classifier
from model_code.training.data.rows import Row

TOP_WORDS = 200
LENGTH_EDGES = (0, 4, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 256, 512)  # words of a text
CONFIDENCE_EDGES = tuple(round(step / 10, 1) for step in range(11))


class Histogram(TypedDict):
    """Shares that sum to 1; edge i opens bin i, and the last bin is open-ended."""

    edges: list[float]
    shares: list[float]


class Baseline(TypedDict):
    """Shares by label, by word and by bin. rows: training rows; held_out_rows: rows that the model answered."""

    rows: int
    labels: dict[str, float]
    text_length_words: Histogram
    top_words: dict[str, float]
    unknown_token_rate: float
    held_out_rows: int
    predicted_labels: dict[str, float]
    confidence: Histogram


def describe(
    classifier: Classifier,
    train: Sequence[Row],
    held_out: Sequence[Row],
    probabilities: np.ndarray[Any, Any],
    labels: Sequence[str],
) -> Baseline:
    """Distributions of labels, text lengths and words (training rows), of predictions and confidences (held-out rows).

    Histograms are shares summing to 1; bin i starts at edge i, and the last bin has no upper end.
    """
    words, total = _words(train)
    counts = Counter(row.label for row in train)
    predicted = Counter(labels[index] for index in probabilities.argmax(axis=1).tolist())
    return {
        "rows": len(train),
        "labels": {name: counts[name] / len(train) for name in labels},
        "text_length_words": _histogram([len(row.text.split()) for row in train], LENGTH_EDGES),
        "top_words": {word: count / total for word, count in words.most_common(TOP_WORDS)},
        "unknown_token_rate": _unknown(classifier, train),
        "held_out_rows": len(held_out),
        "predicted_labels": {name: predicted[name] / len(held_out) for name in labels},
        "confidence": _histogram(probabilities.max(axis=1).tolist(), CONFIDENCE_EDGES),
    }


def _histogram(values: Sequence[float], edges: Sequence[float]) -> Histogram:
    bins = np.searchsorted(edges, values, side="right") - 1
    counts = np.bincount(np.clip(bins, 0, len(edges) - 1), minlength=len(edges))
    return {"edges": list(edges), "shares": (counts / max(len(values), 1)).tolist()}


def _words(rows: Sequence[Row]) -> tuple[Counter[str], int]:
    words: Counter[str] = Counter()
    for row in rows:
        words.update(row.text.casefold().split())
    # Ties are in alphabetical order: the same rows give the same file.
    return Counter(dict(sorted(words.items()))), words.total()


def _unknown(classifier: Classifier, rows: Sequence[Row]) -> float:
    """The share of unknown word pieces, or of words for a linear model alone."""
    tokenizer = classifier.tokenizer
    if tokenizer is None:
        return classifier.scorer.unknown_share(row.text for row in rows) if classifier.scorer else 0.0
    pieces = unknown = 0
    unknown_id = tokenizer.token_to_id("[UNK]")
    unknown_id = tokenizer.token_to_id("<unk>") if unknown_id is None else unknown_id
    for encoding in tokenizer.encode_batch_fast([row.text for row in rows], add_special_tokens=False):
        real = [piece for piece, mask in zip(encoding.ids, encoding.attention_mask, strict=True) if mask]
        pieces += len(real)
        unknown += 0 if unknown_id is None else real.count(unknown_id)
    return unknown / max(pieces, 1)
