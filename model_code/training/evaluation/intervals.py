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


def difference(new: tuple[float, float], old: tuple[float, float]) -> list[float]:
    """Newcombe's interval of the difference of two independent shares, each given with its number of texts.

    From Wilson's intervals, so it stays within -1 and 1 and does not shrink to a point at shares of 0 and 1.
    """
    (share, low, high), (other, other_low, other_high) = (
        (share, *wilson(share * total, total)) for share, total in (new, old)
    )
    middle = share - other
    return [
        middle - math.hypot(share - low, other_high - other),
        middle + math.hypot(high - share, other - other_low),
    ]


def f1(hits: float, wrong: float) -> list[float]:
    """Interval of F1 = 2 hits / (2 hits + wrong), ``wrong`` being false positives and false negatives together.

    F1 rises with the share J = hits / (hits + wrong), so Wilson's interval of J gives F1's. Unlike resampling it
    doesn't shrink to a point where a class has few texts and no mistakes.
    """
    return [2 * share / (1 + share) for share in wilson(hits, hits + wrong)]


def macro_f1(confusion: Array, *, seed: int = 0) -> list[float]:
    """Interval of macro F1 from ``confusion`` (labels, labels; rows: truth), over the labels that have texts.

    The answers to each label's texts are drawn from their posterior distribution: half a right and half a wrong answer
    (to any other label) are added to those counted, Jeffreys's prior. With many texts that is the bootstrap's interval;
    with few, unlike the bootstrap's, it neither shrinks to a point nor leaves out the figure itself.
    """
    support = confusion.sum(axis=1)
    tested = np.nonzero(support)[0]
    if not len(tested):
        return [0.0, 1.0]
    row, column, counts, prior = _cells(confusion, tested)
    starts = np.searchsorted(row, tested)
    chance = np.random.default_rng(seed)
    at_once = max(_CELLS // len(row), 1)
    drawn = []
    for start in range(0, RESAMPLES, at_once):
        shares = chance.standard_gamma(counts + prior, size=(min(at_once, RESAMPLES - start), len(row)))
        shares *= (support[tested] / np.add.reduceat(shares, starts, axis=1))[:, np.searchsorted(tested, row)]
        drawn.append(_macro_f1(shares, row, column, support))
    low, high = ends(np.concatenate(drawn))
    measured = float(_macro_f1(counts[None, :], row, column, support)[0])
    return [min(low, measured), max(high, measured)]


def _cells(confusion: Array, tested: Array) -> tuple[Array, Array, Array, Array]:
    """Truth, answer, count and prior of cells with a count, of the diagonal, and of each label's unseen wrong answers.

    Sorted by truth. The unseen wrong answers have the column after the last label's.
    """
    known = confusion > 0
    known[tested, tested] = True
    with_others = np.concatenate([known, (confusion.sum(axis=1) > 0)[:, None]], axis=1)
    row, column = np.nonzero(with_others)
    counts = np.concatenate([confusion, np.zeros((len(confusion), 1))], axis=1)[row, column]
    prior = np.where((row == column) | (column == len(confusion)), 0.5, 0.0)
    return row, column, counts, prior


def _macro_f1(shares: Array, row: Array, column: Array, support: Array) -> Array:
    """Macro F1 of each draw, shape (draws,), from its texts in each cell (draws, cells)."""
    labels, tested = len(support), np.nonzero(support)[0]
    answers, hits = np.zeros((len(shares), labels + 1)), shares[:, row == column]
    by_column = np.argsort(column, kind="stable")
    present, starts = np.unique(column[by_column], return_index=True)
    answers[:, present] = np.add.reduceat(shares[:, by_column], starts, axis=1)
    unseen = shares[:, column == labels]  # one for each tested label, spread over all labels but its own
    spread = (unseen.sum(axis=1, keepdims=True) - unseen) / max(labels - 1, 1)
    f1_scores: Array = 2 * hits / (support[tested] + answers[:, tested] + spread)
    return np.asarray(f1_scores.mean(axis=1))


def f1_of(counts: Array, truth: Array, predicted: Array, labels: int) -> Array:
    """F1 of each label, shape (resamples, labels); 0 for one that a resample has neither as truth nor as answer.

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
