"""Accuracy without labels, if only the shares of the labels have changed.

Expectation maximisation (Saerens, Latinne and Decaestecker 2002): from calibrated probabilities and the shares of the
labels in training follow the most likely shares of the labels now, and from these corrected probabilities; the mean
corrected probability of the labels answered is the accuracy to be expected. It assumes that texts of a label still look
as they did. Where they do not, this figure is wrong, and only labels tell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

FEWEST = 50  # texts
_PARTS = 20  # of the jackknife
_T_95 = 2.093  # quantile 0.975 of Student's distribution with _PARTS - 1 degrees of freedom
_CLOSE = 1e-6
_ROUNDS = 500
_SMALLEST = 1e-6  # a label's share in training, at least


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """accuracy: with its 95 % interval, of chance alone. shares: of the labels now. uncorrected: mean probability."""

    texts: int
    accuracy: float
    low: float
    high: float
    shares: list[float]
    uncorrected: float


def estimate(probabilities: Sequence[Sequence[float]], prior: Sequence[float]) -> Estimate | None:
    """None with fewer than FEWEST texts. probabilities: of each text, in the order of `prior`."""
    if len(probabilities) < FEWEST:
        return None
    before = [max(each, _SMALLEST) for each in prior]
    answered = [max(range(len(each)), key=each.__getitem__) for each in probabilities]
    shares = _shares(probabilities, before, before)
    accuracy = _accuracy(probabilities, answered, before, shares)
    without = []
    for part in range(_PARTS):
        kept = [number for number in range(len(probabilities)) if number % _PARTS != part]
        some, theirs = [probabilities[number] for number in kept], [answered[number] for number in kept]
        without.append(_accuracy(some, theirs, before, _shares(some, before, shares)))
    middle = math.fsum(without) / _PARTS
    error = math.sqrt((_PARTS - 1) / _PARTS * math.fsum((each - middle) ** 2 for each in without))
    return Estimate(
        texts=len(probabilities),
        accuracy=accuracy,
        low=max(accuracy - _T_95 * error, 0.0),
        high=min(accuracy + _T_95 * error, 1.0),
        shares=shares,
        uncorrected=math.fsum(map(max, probabilities)) / len(probabilities),
    )


def _shares(probabilities: Sequence[Sequence[float]], prior: Sequence[float], start: Sequence[float]) -> list[float]:
    shares = list(start)
    for _ in range(_ROUNDS):
        factors = [now / before for now, before in zip(shares, prior, strict=True)]
        sums = [0.0] * len(prior)
        for each in probabilities:
            weighted = [probability * factor for probability, factor in zip(each, factors, strict=True)]
            total = sum(weighted)
            for label, part in enumerate(weighted):
                sums[label] += part / total
        moved = [each / len(probabilities) for each in sums]
        furthest = max(abs(one - other) for one, other in zip(moved, shares, strict=True))
        # A share of zero could never grow again.
        shares = [max(each, _CLOSE / 10) for each in moved]
        if furthest < _CLOSE:
            break
    return shares


def _accuracy(
    probabilities: Sequence[Sequence[float]], answered: Sequence[int], prior: Sequence[float], shares: Sequence[float]
) -> float:
    factors = [now / before for now, before in zip(shares, prior, strict=True)]
    right = 0.0
    for each, label in zip(probabilities, answered, strict=True):
        total = math.fsum(probability * factor for probability, factor in zip(each, factors, strict=True))
        right += each[label] * factors[label] / total
    return right / len(probabilities)
