"""References and observations for the tests of drift."""

from __future__ import annotations

import random
from collections.abc import Sequence

from contracts.models.baseline import Baseline, Stream, bin_of
from lambda_src.drift.statistics.observation import Observation

LABELS = ("arts", "money", "science", "sport")
SHARES = (0.25, 0.25, 0.25, 0.25)
EDGES = [0.0, 0.2, 0.4, 0.6, 0.8]
MEASURES = ("confidence", "length", "unknown_pieces", "unseen_words")


def baseline(streams: dict[str, Stream], *, labels: Sequence[str] = LABELS) -> Baseline:
    """A reference with these streams."""
    return {
        "layout": 2,
        "model_version": "arn:aws:sagemaker:eu-west-1:111122223333:model-package/rubric/7",
        "texts": sum(streams["predicted_label"]["counts"]),
        "length_unit": "pieces",
        "labels": list(labels),
        "streams": streams,
        "confusion": None,
        "prior": [1 / len(labels)] * len(labels),
        "mean_confidence": 0.8,
        "accuracy": 0.8,
        "term_texts": 0,
        "terms": {},
    }


def observation(chance: random.Random, shares: Sequence[float] = SHARES) -> Observation:
    """A text with a label drawn from these shares, and measures drawn evenly from 0 to 1."""
    [label] = chance.choices(LABELS, shares)
    confidence, length, unknown, unseen = (chance.random() for _ in MEASURES)
    return Observation(label=label, confidence=confidence, length=length, unknown_pieces=unknown, unseen_words=unseen)


def drawn(size: int, chance: random.Random, shares: Sequence[float] = SHARES) -> Baseline:
    """A reference of `size` such texts."""
    labels = [0] * len(LABELS)
    bins = {name: [0] * len(EDGES) for name in MEASURES}
    for _ in range(size):
        text = observation(chance, shares)
        labels[LABELS.index(text.label)] += 1
        for name, counts in bins.items():
            counts[bin_of(getattr(text, name), EDGES)] += 1
    measures: dict[str, Stream] = {name: {"edges": EDGES, "counts": counts} for name, counts in bins.items()}
    return baseline({"predicted_label": {"counts": labels}, **measures})
