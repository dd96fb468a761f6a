"""Confidence intervals: Wilson's for shares, resampled texts for means of shares."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

LEVEL = 0.95
# The normal distribution's quantile for LEVEL.
_Z = 1.959963984540054
RESAMPLES = 2000
# Cells of resampled counts held at a time: 32 MB.
_CELLS = 4_000_000

Array = np.ndarray[Any, Any]


def wilson(hits: float, total: float) -> list[float]:
    """Wilson's score interval of the share ``hits / total``; [0, 1] when ``total`` is 0."""
    if total <= 0:
        return [0.0, 1.0]
    share, spread = hits / total, _Z * _Z / total
    middle = share + spread / 2
    half = _Z * math.sqrt(share * (1 - share) / total + spread / total / 4)
    return [max((middle - half) / (1 + spread), 0.0), min((middle + half) / (1 + spread), 1.0)]


def f1(hits: float, wrong: float) -> list[float]:
    """Interval of F1 = 2 hits / (2 hits + wrong), ``wrong`` being false positives and false negatives together.

    F1 rises with the share J = hits / (hits + wrong), so Wilson's interval of J gives F1's. Unlike resampling it
    doesn't shrink to a point where a class has few texts and no mistakes.
    """
    return [2 * share / (1 + share) for share in wilson(hits, hits + wrong)]


def macro_f1(confusion: Array, *, seed: int = 0) -> list[float]:
    """Interval of macro F1 from ``confusion`` (labels, labels; rows: truth) by resampling its texts."""
    row, column = np.nonzero(confusion)
    if not len(row):
        return [0.0, 1.0]
    labels = len(confusion)
    drawn = [f1_of(part, row, column, labels) for part in resamples(confusion[row, column], seed=seed)]
    return ends(np.concatenate([each.mean(axis=1) for each in drawn]))


def f1_of(counts: Array, truth: Array, predicted: Array, labels: int) -> Array:
    """F1 of each class, shape (resamples, labels); 0 for a class that a resample has neither as truth nor as answer.

    ``counts`` (resamples, kinds): how many texts each has of a kind; ``truth`` and ``predicted`` (kinds,): the kind's.
    """
    every = np.arange(labels)
    is_true, is_answer = (truth[:, None] == every).astype(float), (predicted[:, None] == every).astype(float)
    hits = counts @ (is_true * is_answer)
    both = counts @ (is_true + is_answer)
    f1_scores: Array = np.divide(2 * hits, both, out=np.zeros_like(hits), where=both > 0)
    return f1_scores


def resamples(counts: Array, *, seed: int, count: int = RESAMPLES) -> list[Array]:
    """As many texts drawn with replacement from those of ``counts`` (kinds,), ``count`` times: float, a row a draw.

    In several arrays of limited size. Texts of one kind are alike, so only their number is drawn.
    """
    chance = np.random.default_rng(seed)
    total = int(counts.sum())
    at_once = max(_CELLS // max(len(counts), 1), 1)
    sizes = [min(at_once, count - start) for start in range(0, count, at_once)]
    return [chance.multinomial(total, counts / total, size=size).astype(float) for size in sizes]


def ends(values: Array) -> list[float]:
    """Low and high end of the middle LEVEL of ``values``."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return [float(low), float(high)]
