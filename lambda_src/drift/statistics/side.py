"""Evidence that an event happens more often than in the reference, and by more than the tolerance.

The reference: the event happened in `hits` of `size` independent texts, each with an unknown probability p. The live
texts come in requests. The null hypothesis: of each request, whatever came before it, the expected share x of texts
with the event is at most q = p + tolerance. Texts of one request may depend on one another as they like, and the
expectation may move from request to request. Evidence is an e-process, so that whatever the null hypothesis lets
happen, it *ever* reaches 1/alpha with probability at most alpha (Ville's inequality). It is, for each p, the product of

1. R(p), a bet on the reference alone: the likelihoods of smaller probabilities over that of p, averaged with fixed
   weights (one of them is the constant 1). Its expectation under p is 1.
2. S(p), bets on the requests: an average over start times and over alternatives t with fixed weights. Each multiplies,
   for every request from its start on, (1 - x) (1 - t)/(1 - q) + x t/q. That is linear in x, rises with it because
   t >= q, and is 1 for x = q: given the past, its expectation is at most 1. Alternatives may depend on the reference's
   counts, which come before the requests; where t < q, nothing is bet.

The product is an e-process for this p, and the infimum over all p is one whichever p is true. The infimum is bounded
from below: p is cut into fixed cells, within which R's smaller probabilities and the set of alternatives stay the same.
There, log R and log S are convex in p (sums of log-convex functions are log-convex), so that the tangents at both ends
of a cell bound them. Below the cells kept, S is at least its value at their lower end if it falls there; above them, S
is at least what is never bet, and R is large. A lower bound of an e-process errs on the side of silence only.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from lambda_src.drift.statistics.starts import RESERVE

# R's smaller probabilities: so many standard errors of the reference below the cell, and their weights.
_BELOW = (2.0, 4.0)
CONSTANT = 0.3  # the weight of the constant 1
_FIRST_STEP = 3.0  # standard errors of the reference from its share to the nearest alternative
_RATIO = 1.6  # of one alternative's distance to that of the one before
_CLOSEST_TO_ONE = 0.98
_NEVER = -math.inf


@dataclass(frozen=True, kw_only=True, slots=True)
class Cells:
    """The reference's side, computed once.

    p, q: borders of the cells, q = p + tolerance. left, right: (log R, its slope) at both ends of each cell. first: of
    each border, the first alternative that is not below it; at_border: whether that one equals it. cap: log of R's
    lower bound above the last border.
    """

    hits: int
    size: int
    p: list[float]
    q: list[float]
    left: list[tuple[float, float]]
    right: list[tuple[float, float]]
    alternatives: list[float]
    first: list[int]
    at_border: list[bool]
    cap: float

    @classmethod
    def of(cls, hits: int, size: int, *, tolerance: float, needed: float) -> Cells | None:
        """None if the evidence can never reach `needed`, a natural logarithm: nothing is far enough above."""
        if size <= 0:
            return None
        reference = _Reference(hits, size)
        lowest = min(int(math.asin(math.sqrt(hits / size)) / reference.step), reference.cells - 1)
        highest = lowest
        while highest < reference.cells and reference.border(highest + 1) + tolerance < _CLOSEST_TO_ONE:
            highest += 1
            if reference.above(highest) + math.log(RESERVE) >= needed and highest > lowest + 1:
                break
        cap = reference.above(highest)
        if highest == lowest or cap + math.log(RESERVE) < needed:
            return None
        p = [reference.border(number) for number in range(lowest, highest + 1)]
        q = [each + tolerance for each in p]
        alternatives = _alternatives(hits / size + tolerance, q, step=reference.step)
        cells = range(lowest, highest)
        first = [next((j for j, t in enumerate(alternatives) if t >= each), len(alternatives)) for each in q]
        return cls(
            hits=hits,
            size=size,
            p=p,
            q=q,
            left=[reference.tangent(cell, p[cell - lowest]) for cell in cells],
            right=[reference.tangent(cell, p[cell - lowest + 1]) for cell in cells],
            alternatives=alternatives,
            first=first,
            at_border=[j < len(alternatives) and alternatives[j] == each for j, each in zip(first, q, strict=True)],
            cap=cap,
        )


class _Reference:
    """R(p), for cells that are one standard error wide: p = sin(angle)^2 makes this the same angle everywhere."""

    def __init__(self, hits: int, size: int) -> None:
        self.hits, self.size = hits, size
        self.step = 0.5 / math.sqrt(size)
        self.cells = math.ceil(math.pi / 2 / self.step)

    def border(self, number: int) -> float:
        return math.sin(min(number * self.step, math.pi / 2)) ** 2

    def tangent(self, cell: int, p: float) -> tuple[float, float]:
        """log R and its slope at p, an end of the cell."""
        here = self._likelihood(p)
        if here == -math.inf:
            return math.inf, 0.0
        logs = [
            math.log((1 - CONSTANT) / len(_BELOW))
            + self._likelihood(math.sin(max(cell - below, 0.0) * self.step) ** 2)
            - here
            for below in _BELOW
        ]
        bets = _log_sum(logs)
        whole = _log_sum([bets, math.log(CONSTANT)])
        hits = self.hits / p if self.hits else 0.0
        misses = (self.size - self.hits) / (1 - p) if self.hits < self.size else 0.0
        return whole, math.exp(bets - whole) * (misses - hits)

    def above(self, number: int) -> float:
        """The lower bound of log R above border `number`, which is above hits / size.

        There, R rises with p in each cell, and from one cell's lower end to the next one's: with the angles a of p and
        b < a of a smaller probability, log R's terms have the derivatives 2 hits (cot b - cot a) + 2 misses (tan a -
        tan b) while a - b stays the same.
        """
        return self.tangent(number, self.border(number))[0] if number < self.cells else math.inf

    def _likelihood(self, p: float) -> float:
        misses = self.size - self.hits
        if (p <= 0 and self.hits) or (p >= 1 and misses):
            return -math.inf
        return (self.hits * math.log(p) if self.hits else 0.0) + (misses * math.log1p(-p) if misses else 0.0)


def _alternatives(q: float, borders: list[float], *, step: float) -> list[float]:
    """Probabilities above q, ever further away; those below the last border are moved to the nearest border."""
    found: list[float] = []
    start, distance = math.asin(math.sqrt(min(q, 1.0))), _FIRST_STEP
    while (angle := start + distance * step) < math.asin(math.sqrt(_CLOSEST_TO_ONE)):
        t = math.sin(angle) ** 2
        t = min(borders, key=lambda border: abs(border - t)) if t <= borders[-1] else t
        if t > borders[0] and t not in found:
            found.append(t)
        distance *= _RATIO
    return found if found and found[-1] > borders[-1] else [*found, _CLOSEST_TO_ONE]


class Side:
    """The bets of one side. logs[i, j], slopes[i, j]: of alternative j at border i, log of what its bets are worth."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self._pairs = [(i, j) for i, first in enumerate(cells.first) for j in range(first, len(cells.alternatives))]
        self.logs = array("d", [_NEVER] * len(self._pairs))
        self.slopes = array("d", [0.0] * len(self._pairs))
        self._hit = [math.log(cells.alternatives[j] / cells.q[i]) for i, j in self._pairs]
        self._miss = [math.log((1 - cells.alternatives[j]) / (1 - cells.q[i])) for i, j in self._pairs]

    def bet(self, shares: Mapping[float, int], *, weight: float) -> None:
        """A block of requests; shares: how many requests had which share of texts with the event."""
        hits, misses = shares.get(1.0, 0), shares.get(0.0, 0)
        mixed = [(share, count) for share, count in shares.items() if 0.0 < share < 1.0]
        q, alternatives = self.cells.q, self.cells.alternatives
        logs, slopes, start = self.logs, self.slopes, math.log(weight)
        exp, log1p = math.exp, math.log1p
        for place, ((i, j), hit, miss) in enumerate(zip(self._pairs, self._hit, self._miss, strict=True)):
            here, before = q[i], logs[place]
            if before > start:
                added = log1p(exp(start - before))
                total, slope = before + added, slopes[place] * exp(-added)
            else:
                added = log1p(exp(before - start))
                total, slope = start + added, slopes[place] * exp(before - start - added)
            total += hits * hit + misses * miss
            slope += misses / (1 - here) - hits / here
            for share, count in mixed:
                up, down = share * alternatives[j] / here, (1 - share) * (1 - alternatives[j]) / (1 - here)
                total += count * math.log(up + down)
                slope += count * (down / (1 - here) - up / here) / (up + down)
            logs[place], slopes[place] = total, slope

    def limit(self) -> float:
        """At least log E: the value at the lowest border, quickly and roughly."""
        first = len(self.cells.alternatives) - self.cells.first[0]
        return self.cells.left[0][0] + max(0.0, *self.logs[:first])

    def evidence(self, *, bet: float) -> float:
        """The lower bound of log E; bet: the sum of the weights of the blocks so far."""
        cells = self.cells
        last = len(cells.p) - 1
        stream = self._stream(bet)
        value, slope = stream[0][0], stream[0][2]
        lowest = cells.cap + math.log(1 - bet)
        if cells.p[0] > 0:
            lowest = min(lowest, math.log(CONSTANT) + (value if slope <= 0 else math.log(1 - bet)))
        for cell in range(last):
            width = cells.p[cell + 1] - cells.p[cell]
            at_left, falls = cells.left[cell][0] + stream[cell][0], cells.left[cell][1] + stream[cell][1]
            at_right, rises = cells.right[cell][0] + stream[cell + 1][0], cells.right[cell][1] + stream[cell + 1][2]
            if falls >= 0:
                least = at_left
            elif rises <= 0:
                least = at_right
            else:
                least = at_left + falls * (at_right - rises * width - at_left) / (falls - rises)
            lowest = min(lowest, least)
        return lowest

    def _stream(self, bet: float) -> list[tuple[float, float, float]]:
        """Of each border: log S, its slope in the cell above and in the cell below."""
        cells = self.cells
        count = len(cells.alternatives)
        found, place = [], 0
        for i, first in enumerate(cells.first):
            mine = range(place, place + count - first)
            place += count - first
            top = max(0.0, *(self.logs[each] for each in mine)) if mine else 0.0
            worth = [math.exp(self.logs[each] - top) / count for each in mine]
            whole = math.fsum(worth) + (1 - bet + bet * first / count) * math.exp(-top)
            moves = [each * self.slopes[at] / whole for each, at in zip(worth, mine, strict=True)]
            below = math.fsum(moves)
            above = math.fsum(moves[1:]) if cells.at_border[i] else below
            found.append((top + math.log(whole), above, below))
        return found


def _log_sum(logs: list[float]) -> float:
    top = max(logs)
    return top if math.isinf(top) else top + math.log(math.fsum(math.exp(each - top) for each in logs))
