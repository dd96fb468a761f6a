"""Evidence about the difference of two models' accuracies, from texts that both have answered.

A text counts x = 1 if only the challenger is right, -1 if only the champion is, and 0 if both or neither are. The null
hypothesis of the side `above` is: whatever came before it, each text's expected x is at most `bound`. The evidence is
the average, with fixed weights, of the products over all texts of 1 + s (x - bound), for some stakes s > 0. Given the
past, each factor is positive and has an expectation of at most 1. So the evidence is an e-process: under the null
hypothesis, it *ever* reaches 1/alpha with probability at most alpha, however often somebody looks (Ville's inequality).
The side `below` is the same with the signs turned, for the null hypothesis that x is at least `bound`.

With bound = 0, texts that count 0 change nothing, and a stake s is the likelihood ratio of p = (1 + s)/2 over 1/2 for
the share p of texts that the challenger wins. So texts on which the models agree need no labels.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final, NamedTuple

from contracts.ab_tests import evidence

# The best stake is about (difference - bound)/(share of texts with x = 1 or -1): of models that differ on 6 % of the
# texts, 1/3 for 92 v. 90 %, and a twelfth to show that equal ones differ by less than half a point. The weights favour
# what is seldom below 55 or above 80 % of the won texts; docs/ab-statistics.md has what they cost elsewhere.
STAKES: Final = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8)
_WEIGHTS: Final = (3, 5, 8, 12, 12, 10, 6, 4)
_LOG_WEIGHTS: Final = tuple(math.log(each / sum(_WEIGHTS)) for each in _WEIGHTS)

_LOG_10 = math.log(10)


class Counts(NamedTuple):
    """Texts that both models have answered, by which of the two is right; neither: both are right, or none is.

    gone: those that nobody will label. Each side counts them as what speaks most against it, which can only lower its
    evidence: left out, they would make two models look more alike than they are, for texts on which both agree stay.
    """

    champion: int = 0
    challenger: int = 0
    neither: int = 0
    gone: int = 0


@lru_cache(maxsize=64)
def _factors(bound: float, sign: int) -> tuple[tuple[float, float, float], ...]:
    """For each stake, the logarithm of a text's factor for x = -1, 1 and 0."""
    if abs(bound) > evidence.LARGEST_MARGIN:
        raise ValueError(f"a bound of {bound:g} is too large: evidence is for bounds up to {evidence.LARGEST_MARGIN:g}")
    return tuple(tuple(math.log1p(sign * stake * (x - bound)) for x in (-1, 1, 0)) for stake in STAKES)  # type: ignore[misc]


@lru_cache(maxsize=65_536)
def _log10(counts: Counts, bound: float, sign: int) -> float:
    logs = [
        weight + counts.champion * lost + counts.challenger * won + counts.neither * same + counts.gone * min(lost, won)
        for weight, (lost, won, same) in zip(_LOG_WEIGHTS, _factors(bound, sign), strict=True)
    ]
    top = max(logs)
    return (top + math.log(math.fsum(math.exp(each - top) for each in logs))) / _LOG_10


def log10_above(counts: Counts, *, bound: float = 0.0) -> float:
    """Evidence that the challenger's accuracy minus the champion's is above the bound, as a power of ten."""
    return _log10(counts, bound, 1)


def log10_below(counts: Counts, *, bound: float = 0.0) -> float:
    """Evidence that it is below the bound, as a power of ten."""
    return _log10(counts, bound, -1)
