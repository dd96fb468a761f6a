"""Accuracy by the labels of a random sample, with bounds that hold at any time.

Of each text of the sample, whether the answer was right. For a number a > 0, what came before being given, the
expectation of exp(a x) is 1 - m + m exp(a) if x is 1 with probability m; its logarithm is concave in m, so that for the
running mean m of these probabilities exp(a right) / (1 - m + m exp(a))^texts is at most a martingale that starts at 1.
Averaged over fixed numbers a, it ever reaches 1/alpha with probability at most alpha (Ville): every m for which it does
is excluded. The same with a < 0 bounds m from above. The accuracy may change; the bound is one on its mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

ALPHA = 0.05
EPOCH = 200  # labels
_BETS = tuple(0.02 * 1.5**number for number in range(16))  # 0.02 to 8.8
_AGAINST = tuple(-bet for bet in _BETS)
_HALVINGS = 24


@dataclass(frozen=True, kw_only=True)
class Bound:
    """low, high: hold at all times at once, with probability 1 - ALPHA for all bounds of an `Audit` together."""

    texts: int
    right: int
    low: float
    high: float


class Audit:
    """Counts of right answers: since the start, and since the start of the epoch before this one."""

    def __init__(self) -> None:
        self.epochs = 0  # that are over
        self._texts, self._right = [0, 0, 0], [0, 0, 0]  # since the start; in the last epoch; in this one

    def add(self, *, is_right: bool) -> None:
        """A text of the random sample, in the order in which labels come."""
        if self._texts[2] == EPOCH:
            self.epochs += 1
            for counts in (self._texts, self._right):
                counts[1:] = [counts[2], 0]
        for place in (0, 2):
            self._texts[place] += 1
            self._right[place] += is_right

    def whole(self) -> Bound:
        """On the mean accuracy since the start; it has half of ALPHA."""
        return _bound(self._right[0], self._texts[0], alpha=ALPHA / 2)

    def late(self) -> Bound:
        """On the mean accuracy of the last EPOCH to 2 * EPOCH texts; that of each epoch has its own part of ALPHA."""
        started = max(self.epochs - 1, 0)
        alpha = ALPHA / 2 / ((started + 1) * (started + 2))
        return _bound(self._right[1] + self._right[2], self._texts[1] + self._texts[2], alpha=alpha)


def _bound(right: int, texts: int, *, alpha: float) -> Bound:
    low = _last(lambda mean: _from_below(mean, right, texts, alpha))
    high = 1 - _last(lambda miss: _from_above(1 - miss, right, texts, alpha))
    return Bound(texts=texts, right=right, low=low, high=high)


def _from_below(mean: float, right: int, texts: int, alpha: float) -> bool:
    """Whether the mean is too low to be the right one."""
    return _worth(_BETS, mean, right, texts) >= math.log(2 / alpha)


def _from_above(mean: float, right: int, texts: int, alpha: float) -> bool:
    return _worth(_AGAINST, mean, right, texts) >= math.log(2 / alpha)


def _worth(bets: tuple[float, ...], mean: float, right: int, texts: int) -> float:
    """Natural logarithm."""
    logs = [bet * right - texts * math.log(1 - mean + mean * math.exp(bet)) for bet in bets]
    top = max(logs)
    return top + math.log(math.fsum(math.exp(each - top) for each in logs) / len(bets))


def _last(is_excluded: Callable[[float], bool]) -> float:
    """The end of the excluded part of 0 to 1, which begins at 0; 0 if there is none."""
    if not is_excluded(0.0):
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_excluded(middle) else (low, middle)
    return low
