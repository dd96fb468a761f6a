"""Bounds how much work a server holds: what does not fit is refused at once instead of waiting for long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class NoRoomError(Exception):
    """More is waiting than the bound allows."""


class Room:
    """Space for so many units of work. For one thread (the event loop's)."""

    def __init__(self, limit: int) -> None:
        """``limit``: units held at most; what is larger than that gets in when nothing else is held."""
        self._limit = limit
        self.held = 0

    @contextmanager
    def hold(self, units: int) -> Iterator[None]:
        """Hold ``units`` inside the block; NoRoomError when they do not fit."""
        if self.held and self.held + units > self._limit:
            raise NoRoomError
        self.held += units
        try:
            yield
        finally:
            self.held -= units
