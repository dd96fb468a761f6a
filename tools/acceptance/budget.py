"""The time and money limits of a run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tools.acceptance.errors import LimitError
from tools.acceptance.planning.estimate import MINUTES, Rates

_SHARE_FOR_THE_END = 0.4  # the largest share of the time: destroying is within the agreed limits


@dataclass
class Budget:
    """`minutes` and `dollars` (None: no money limit) for everything, including the destroy.

    end: minutes that are kept for it.

    Spending is an upper bound from the steps' hourly rates: an instance that a step may use counts from the step's
    start to its end.
    """

    minutes: float
    dollars: float | None
    rates: Rates
    end: float = MINUTES["destroy"] + MINUTES["count"]
    clock: Callable[[], float] = time.monotonic
    began: float = field(init=False)
    _spent: float = field(default=0.0, init=False)
    _step: str | None = field(default=None, init=False)
    _since: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    @property
    def spent(self) -> float:
        """An upper bound of US dollars so far; 0 if prices are unknown."""
        return self._spent + self._running()

    def enter(self, step: str) -> None:
        """Start a step; the previous one has ended."""
        self._spent += self._running()
        self._step, self._since = step, self.clock()

    def check(self) -> None:
        """Raises LimitError once the rest is needed for the destroy."""
        left = self.minutes - (self.clock() - self.began) / 60
        kept = min(self.end, _SHARE_FOR_THE_END * self.minutes)
        if left <= kept:
            raise LimitError(f"The limit of {self.minutes:g} minutes is reached: the rest is for the destroy")
        if self.dollars is not None and self.rates.are_known:
            end = self.end / 60 * self.rates.of("destroy")
            if self.spent + end >= self.dollars > 0:
                raise LimitError(f"The limit of {self.dollars:g} USD is reached: at most {self.spent:.2f} spent")

    def _running(self) -> float:
        if self._step is None or not self.rates.are_known:
            return 0.0
        return (self.clock() - self._since) / 3600 * self.rates.of(self._step)
