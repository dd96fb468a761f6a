"""The shipped evidence for many streams at once, in NumPy; tests/benchmarks/drift holds it to lambda_src/drift."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from lambda_src.drift.statistics import side as shipped
from lambda_src.drift.statistics import starts
from lambda_src.drift.statistics.stream import Stream

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
_OFF = 1.0  # of the padding beyond a side's own borders and alternatives


class Many:
    """Streams of the same kind, each with its own reference. alarms: the block of each one's first alarm, or -1."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self.block, self.threshold = streams[0].block, streams[0].threshold
        self.count, self.events = len(streams), len(streams[0].hits)
        self.sides = streams[0].sides
        alive = [
            (number, event, direction, side.cells)
            for number, stream in enumerate(streams)
            for direction, sides in enumerate(stream.both)
            for event, side in enumerate(sides)
            if side
        ]
        self.owner = np.array([each[0] for each in alive], dtype=np.int64)
        self.event = np.array([each[1] for each in alive], dtype=np.int64)
        self.less = np.array([each[2] for each in alive], dtype=bool)
        self._tables([each[3] for each in alive])
        self.blocks = 0
        self.alarms = np.full(self.count, -1, dtype=np.int64)

    def _tables(self, cells: Sequence[shipped.Cells]) -> None:
        borders, alternatives = max(len(each.p) for each in cells), max(len(each.alternatives) for each in cells)
        shape = (len(cells), borders)

        def padded(rows: list[Sequence[float]], width: int, fill: float) -> Floats:
            table = np.full((len(rows), width), fill)
            for number, row in enumerate(rows):
                table[number, : len(row)] = row
            return table

        self.last = np.array([len(each.p) - 1 for each in cells], dtype=np.int64)
        self.alternatives = np.array([len(each.alternatives) for each in cells], dtype=np.float64)
        self.first = padded([each.first for each in cells], borders, float(alternatives))
        self.at_border = padded([each.at_border for each in cells], borders, 0.0) > 0
        self.p = padded([each.p for each in cells], borders, _OFF)
        self.q = padded([each.q for each in cells], borders, 0.5)
        self.left = [padded([[pair[at] for pair in each.left] for each in cells], borders - 1, 0.0) for at in (0, 1)]
        self.right = [padded([[pair[at] for pair in each.right] for each in cells], borders - 1, 0.0) for at in (0, 1)]
        self.cap = np.array([each.cap for each in cells])
        t = padded([each.alternatives for each in cells], alternatives, 0.5)
        number = np.arange(alternatives)[None, None, :]
        inside = number < self.alternatives[:, None, None]
        self.active = (
            (number >= self.first[:, :, None]) & inside & (np.arange(borders) <= self.last[:, None])[:, :, None]
        )
        self.up = t[:, None, :] / self.q[:, :, None]
        self.down = (1 - t)[:, None, :] / (1 - self.q)[:, :, None]
        self.hit, self.miss = np.log(self.up), np.log(self.down)
        self.logs = np.full((*shape, alternatives), -np.inf)
        self.slopes = np.zeros((*shape, alternatives))

    def bet(self, shares: Floats) -> None:
        """A block of requests. shares: of texts with each event, shape (streams, events, requests)."""
        x = shares[self.owner, self.event]
        x = np.where(self.less[:, None], 1 - x, x)
        start = math.log(starts.weight(self.blocks))
        total = np.logaddexp(self.logs, start)
        slopes = self.slopes * np.exp(self.logs - total)
        hits, misses = (x == 1).sum(axis=1), (x == 0).sum(axis=1)
        total += hits[:, None, None] * self.hit + misses[:, None, None] * self.miss
        slopes += (misses[:, None] / (1 - self.q) - hits[:, None] / self.q)[:, :, None]
        mixed = (x > 0) & (x < 1)
        if mixed.any():
            for request in range(x.shape[1]):
                here = np.flatnonzero(mixed[:, request])
                share = x[here, request][:, None, None]
                up, down = share * self.up[here], (1 - share) * self.down[here]
                q = self.q[here][:, :, None]
                total[here] += np.log(up + down)
                slopes[here] += (down / (1 - q) - up / q) / (up + down)
        self.logs, self.slopes = total, slopes
        self.blocks += 1
        self._look()

    def _look(self) -> None:
        limit = self.left[0][:, 0] + np.maximum(np.where(self.active[:, 0], self.logs[:, 0], -np.inf).max(axis=1), 0.0)
        may = np.zeros(self.count, dtype=bool)
        may[self.owner[limit >= self.threshold]] = True
        may &= self.alarms < 0
        if may.any():
            evidence = self.evidence(may[self.owner])
            self.alarms[may & (evidence >= self.threshold)] = self.blocks - 1

    def evidence(self, of: np.ndarray[Any, np.dtype[np.bool_]] | None = None) -> Floats:
        """Natural logarithm of each stream's evidence; -inf for those that have no side in `of`."""
        chosen = np.flatnonzero(of) if of is not None else np.arange(len(self.owner))
        each = self._sides(chosen)
        top = np.full(self.count, -np.inf)
        np.maximum.at(top, self.owner[chosen], each)
        sums = np.bincount(self.owner[chosen], weights=np.exp(each - top[self.owner[chosen]]), minlength=self.count)
        with np.errstate(divide="ignore"):
            return np.asarray(top + np.log(sums / self.sides), dtype=np.float64)

    def _sides(self, chosen: Integers) -> Floats:
        bet = starts.bet_before(self.blocks)
        logs, active = np.where(self.active[chosen], self.logs[chosen], -np.inf), self.active[chosen]
        count = self.alternatives[chosen][:, None]
        top = np.maximum(logs.max(axis=2), 0.0)
        worth = np.exp(logs - top[:, :, None]) / count[:, :, None]
        whole = worth.sum(axis=2) + (1 - bet + bet * self.first[chosen] / count) * np.exp(-top)
        moves = np.where(active, worth * self.slopes[chosen], 0.0) / whole[:, :, None]
        below = moves.sum(axis=2)
        firsts = np.minimum(self.first[chosen], logs.shape[2] - 1).astype(np.int64)
        at_border = np.take_along_axis(moves, firsts[:, :, None], axis=2)[:, :, 0]
        above = below - np.where(self.at_border[chosen], at_border, 0.0)
        value = top + np.log(whole)
        cash = math.log(1 - bet)
        lowest = self.cap[chosen] + cash
        bottom = math.log(shipped.CONSTANT) + np.where(below[:, 0] <= 0, value[:, 0], cash)
        lowest = np.minimum(lowest, np.where(self.p[chosen, 0] > 0, bottom, np.inf))
        width = np.diff(self.p[chosen], axis=1)
        at_left, falls = self.left[0][chosen] + value[:, :-1], self.left[1][chosen] + above[:, :-1]
        at_right, rises = self.right[0][chosen] + value[:, 1:], self.right[1][chosen] + below[:, 1:]
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = at_left + falls * (at_right - rises * width - at_left) / (falls - rises)
        least = np.where(falls >= 0, at_left, np.where(rises <= 0, at_right, crossing))
        inside = np.arange(least.shape[1]) < self.last[chosen][:, None]
        return np.asarray(np.minimum(lowest, np.where(inside, least, np.inf).min(axis=1)), dtype=np.float64)
