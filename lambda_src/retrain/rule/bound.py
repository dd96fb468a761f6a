"""A lower bound on a gain in accuracy, from texts of which each was answered twice, that holds however often one looks.

Of each text x = 1 if the second answer alone is right, -1 if the first alone is, else 0. The bound on the mean of x is
the one-sided asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas ("Time-uniform central
limit theory and asymptotic confidence sequences", 2024): at all numbers of texts at once it is above the mean with
probability at most alpha, once there are enough of them for the central limit theorem.
"""

from __future__ import annotations

import math

# The number of texts at which the bound is narrowest; between 100 and 5,000 it is at most a tenth wider than best.
_NARROWEST = 500
# A text of each kind that was not seen, so that few texts without a difference are no proof that there is none.
_UNSEEN = 0.5


def lowest_gain(*, mended: int, broken: int, same: int, alpha: float) -> float:
    """The lower bound, from -1 to 1. mended, broken, same: the numbers of texts with x = 1, -1 and 0."""
    texts = mended + broken + same
    if not texts:
        return -1.0
    counted = texts + 4 * _UNSEEN
    mean = (mended - broken) / counted
    variance = (mended + broken + 2 * _UNSEEN) / counted - mean * mean
    return max(-1.0, mean - math.sqrt(variance) * _width(texts, alpha))


def _width(texts: int, alpha: float) -> float:
    """Of the bound, in standard deviations of one text."""
    odds = -2 * math.log(2 * alpha)
    grown = texts * (odds + math.log(odds + 1)) / _NARROWEST
    return math.sqrt(2 * (grown + 1) / (texts * grown) * math.log1p(math.sqrt(grown + 1) / (2 * alpha)))
