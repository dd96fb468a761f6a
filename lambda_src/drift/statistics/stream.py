"""Evidence that one of the measured streams has left the tolerance around the reference."""

from __future__ import annotations

import base64
import math
from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Any

from lambda_src.drift.statistics import starts
from lambda_src.drift.statistics.shares import Shares
from lambda_src.drift.statistics.side import Cells, Side

BLOCK = 16  # requests that are bet on at once
_SIDES_A_BLOCK = 128  # with more of them, blocks are longer, so that the work for a request stays the same


class Stream:
    """A stream's bins, in order: labels, or those of a measure.

    Its events: a text has the label; or its bin is number i or a later one, for each i but the first. Each event may be
    more frequent than in the reference or less so. The stream's evidence is the mean over all of these sides.
    threshold: natural logarithm of the evidence that is an alarm.
    """

    def __init__(self, counts: Sequence[int], *, ordered: bool, tolerance: float, threshold: float) -> None:
        self.counts, self.ordered, self.threshold = list(counts), ordered, threshold
        size = sum(counts)
        if ordered:
            self.hits = [sum(counts[number:]) for number in range(1, len(counts))]
        else:
            self.hits = list(counts)
        self.sides = 2 * len(self.hits)
        needed = threshold + math.log(max(self.sides, 1)) + 2.0
        self._more = [self._side(hits, size, tolerance=tolerance, needed=needed) for hits in self.hits]
        self._less = [self._side(size - hits, size, tolerance=tolerance, needed=needed) for hits in self.hits]
        self.block = BLOCK * -(-self.sides // _SIDES_A_BLOCK)
        self.blocks = self.pending = 0
        self._shares: list[Counter[float]] = [Counter() for _ in self.hits]
        self.shares = Shares(len(counts))
        self.alarm: int | None = None

    @staticmethod
    def _side(hits: int, size: int, *, tolerance: float, needed: float) -> Side | None:
        cells = Cells.of(hits, size, tolerance=tolerance, needed=needed)
        return Side(cells) if cells else None

    @property
    def both(self) -> tuple[list[Side | None], list[Side | None]]:
        """The sides of each event: more frequent, less frequent; None where the evidence can never be an alarm."""
        return self._more, self._less

    @property
    def requests(self) -> int:
        """Requests counted."""
        return self.blocks * self.block + self.pending

    def add(self, bins: Sequence[int], *, request: int) -> None:
        """A request's texts, at least one, by the number of their bin. request: its number, for the alarm."""
        found, texts = Counter(bins), len(bins)
        self.shares.add(found, texts)
        if self.ordered:
            above = 0
            for number in range(max(found), 0, -1):
                above += found.get(number, 0)
                self._shares[number - 1][above / texts] += 1
        else:
            for number, count in found.items():
                self._shares[number][count / texts] += 1
        self.pending += 1
        if self.pending == self.block:
            self._bet()
            if self.alarm is None and self._may_alarm() and self.evidence() >= self.threshold:
                self.alarm = request

    def evidence(self) -> float:
        """Natural logarithm of the evidence of the whole blocks so far; -inf before the first."""
        bet = starts.bet_before(self.blocks)
        logs = [side.evidence(bet=bet) for side in (*self._more, *self._less) if side] if self.blocks else []
        if not logs:
            return -math.inf
        top = max(logs)
        return top + math.log(math.fsum(math.exp(each - top) for each in logs) / self.sides)

    def _bet(self) -> None:
        weight = starts.weight(self.blocks)
        for more, less, shares in zip(self._more, self._less, self._shares, strict=True):
            if missing := self.pending - shares.total():
                shares[0.0] += missing
            if more:
                more.bet(shares, weight=weight)
            if less:
                less.bet({1.0 - share: count for share, count in shares.items()}, weight=weight)
            shares.clear()
        self.blocks, self.pending = self.blocks + 1, 0

    def _may_alarm(self) -> bool:
        return any(side and side.limit() >= self.threshold for side in (*self._more, *self._less))

    def document(self) -> dict[str, Any]:
        """What `restore` takes, for JSON."""
        return {
            "blocks": self.blocks,
            "pending": self.pending,
            "waiting": [[[share, count] for share, count in each.items()] for each in self._shares],
            "shares": self.shares.document(),
            "alarm": self.alarm,
            "more": [_packed(side) for side in self._more],
            "less": [_packed(side) for side in self._less],
        }

    def restore(self, document: dict[str, Any]) -> None:
        """Of what `document` returned for the same reference."""
        self.blocks, self.pending, self.alarm = document["blocks"], document["pending"], document["alarm"]
        self._shares = [Counter(dict(map(tuple, each))) for each in document["waiting"]]
        self.shares = Shares.of(document["shares"])
        for sides, packed in ((self._more, document["more"]), (self._less, document["less"])):
            for side, each in zip(sides, packed, strict=True):
                if side:
                    _unpack(side, each)


def _packed(side: Side | None) -> str | None:
    return base64.b64encode(side.logs.tobytes() + side.slopes.tobytes()).decode() if side else None


def _unpack(side: Side, packed: str) -> None:
    both = array("d", base64.b64decode(packed))
    if len(both) != 2 * len(side.logs):
        raise ValueError(f"{len(both)} numbers instead of {2 * len(side.logs)}")
    side.logs, side.slopes = both[: len(side.logs)], both[len(side.logs) :]
