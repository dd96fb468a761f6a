"""How long the function may run."""

from __future__ import annotations

import time
from collections.abc import Callable


class OutOfTimeError(Exception):
    """The function would be stopped before it could answer CloudFormation."""


class Deadline:
    """Raises OutOfTimeError once fewer than `reserve_ms` milliseconds are left."""

    def __init__(
        self,
        remaining_ms: Callable[[], int],
        *,
        reserve_ms: int = 20_000,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._remaining_ms = remaining_ms
        self._reserve_ms = reserve_ms
        self._sleep = sleep

    def check(self, doing: str) -> None:
        """Raises OutOfTimeError when the time is up; `doing` names the unfinished work."""
        if self._remaining_ms() < self._reserve_ms:
            raise OutOfTimeError(f"out of time while {doing}: delete the stack again to continue")

    def pause(self, seconds: float, doing: str) -> None:
        """Waits, if there is time. Raises OutOfTimeError."""
        self.check(doing)
        self._sleep(seconds)
