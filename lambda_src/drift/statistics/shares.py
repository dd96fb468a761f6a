"""What the live texts look like: shares since the start and of late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WINDOW = 500  # requests


class Shares:
    """Sums over requests of the share of a request's texts in each bin.

    The late ones are those of the last one to two times WINDOW requests. One float a bin and window is kept.
    """

    def __init__(self, bins: int) -> None:
        self._requests = [0, 0, 0]  # since the start, of the last whole window, of this window
        self._sums = [[0.0] * bins for _ in self._requests]

    def add(self, found: Mapping[int, int], texts: int) -> None:
        """A request's texts by bin."""
        if self._requests[2] == WINDOW:
            self._sums = [self._sums[0], self._sums[2], [0.0] * len(self._sums[0])]
            self._requests = [self._requests[0], WINDOW, 0]
        for window in (0, 2):
            self._requests[window] += 1
            for number, count in found.items():
                self._sums[window][number] += count / texts

    def live(self) -> list[float]:
        """The mean share of each bin since the start; zeros before the first request."""
        return [each / max(self._requests[0], 1) for each in self._sums[0]]

    def late(self) -> list[float]:
        """The mean share of each bin in the late requests."""
        requests = max(self._requests[1] + self._requests[2], 1)
        return [(before + now) / requests for before, now in zip(self._sums[1], self._sums[2], strict=True)]

    def document(self) -> dict[str, Any]:
        """What `of` takes, for JSON."""
        return {"requests": self._requests, "sums": self._sums}

    @classmethod
    def of(cls, document: dict[str, Any]) -> Shares:
        """Of what `document` returned."""
        shares = cls(len(document["sums"][0]))
        shares._requests, shares._sums = document["requests"], document["sums"]
        return shares
