"""Collects the failures at the end of a run: each is reported once, and the end continues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Notes:
    """`lines`: the failures, each once, for the report."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.lines: list[str] = []
        self._say = say

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Notes any failure inside (a missing permission, a lost network); Ctrl-C counts, too."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  after any error, the rest of the destroy must follow
            line = f"{what}: {error or type(error).__name__}"
            if line not in self.lines:
                self.lines.append(line)
                self._say(f"  {line}")
