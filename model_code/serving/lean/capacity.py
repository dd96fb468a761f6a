"""Limits the work that a server accepts: more is refused at once instead of waiting for long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class OverloadedError(Exception):
    """More work is waiting than the bound allows."""


class Capacity:
    """Room for a number of units of work. For one thread (the event loop's)."""

    def __init__(self, limit: int) -> None:
        """``limit``: units held at most. Larger work is accepted when nothing else is held."""
        self._limit = limit
        self.held = 0

    @contextmanager
    def hold(self, units: int) -> Iterator[None]:
        """Hold ``units`` inside the block; OverloadedError when they do not fit."""
        if self.held and self.held + units > self._limit:
            raise OverloadedError
        self.held += units
        try:
            yield
        finally:
            self.held -= units
