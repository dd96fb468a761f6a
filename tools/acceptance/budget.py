"""The limits of time and of money that a run keeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tools.acceptance.errors import LimitError
from tools.acceptance.planning.estimate import MINUTES, Rates

_SHARE_FOR_THE_END = 0.2  # of the time, at most: destroying is part of what was agreed on


@dataclass
class Budget:
    """`minutes` and `dollars` (None: no limit of money) for everything, the destroy included.

    What was spent is reckoned from the steps' hourly rates, at most: an instance that a step may hold is taken to run
    from its beginning to its end.
    """

    minutes: float
    dollars: float | None
    rates: Rates
    clock: Callable[[], float] = time.monotonic
    began: float = field(init=False)
    _spent: float = field(default=0.0, init=False)
    _step: str | None = field(default=None, init=False)
    _since: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    @property
    def spent(self) -> float:
        """US dollars so far, at most; 0 where prices are unknown."""
        return self._spent + self._running()

    def enter(self, step: str) -> None:
        """A step begins; the one before has ended."""
        self._spent += self._running()
        self._step, self._since = step, self.clock()

    def check(self) -> None:
        """LimitError once only enough is left for the destroy."""
        left = self.minutes - (self.clock() - self.began) / 60
        kept = min(MINUTES["destroy"] + MINUTES["count"], _SHARE_FOR_THE_END * self.minutes)
        if left <= kept:
            raise LimitError(f"The limit of {self.minutes:g} minutes: the rest is for the destroy")
        if self.dollars is not None and self.rates.are_known:
            end = MINUTES["destroy"] / 60 * self.rates.of("destroy")
            if self.spent + end >= self.dollars > 0:
                raise LimitError(f"The limit of {self.dollars:g} USD: {self.spent:.2f} spent, at most")

    def _running(self) -> float:
        if self._step is None or not self.rates.are_known:
            return 0.0
        return (self.clock() - self._since) / 3600 * self.rates.of(self._step)
