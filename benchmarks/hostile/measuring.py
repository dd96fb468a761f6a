"""The cost of a body to a function, relative to an honest one, and the goals for these ratios.

Processor time of this thread only. Other work on the machine only adds to it, so a ratio well within its goal is
accepted at once, and any other is measured again, taking the minimum of several.
"""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.hostile import functions, shapes
from benchmarks.hostile.functions import Route
from benchmarks.hostile.shapes import Body, Shape

# A body's time per byte relative to the largest valid body, and its time relative to half its size.
GOALS = {"per_byte": 2.0, "doubled": 2.5}
RUNS = 7
_AGAIN = 12
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of mallopt(3)
Call = Callable[[dict[str, Any], str], dict[str, Any]]


class FailedError(Exception):
    """An answer that a body must not get: a 5xx."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A body of any size. fault: "" for none."""

    route: Route
    around: tuple[str, str]
    shape: Shape
    fault: str
    place: str

    def body(self, size: int) -> Body:
        """The body at that size in bytes."""
        return shapes.of_size(size, self.around, self.shape, fault=self.fault, place=self.place)


@dataclass(frozen=True, kw_only=True)
class ValidCase(Case):
    """A valid body, its texts made of one of shapes.TEXTS."""

    @classmethod
    def of(cls, route: Route, name: str) -> ValidCase:
        """The route's case of these texts."""
        shape = Shape(name, "", shapes.TEXTS[name], "")
        return cls(route=route, around=("", ""), shape=shape, fault="", place="end")

    def body(self, size: int) -> Body:
        """The body at that size in bytes."""
        return Body(self.shape.name, "none", self.place, self.route.full(self.shape.first(), size))


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of a case. milliseconds: at the largest size; per_byte and doubled: the ratios of GOALS."""

    case: Case
    milliseconds: float
    per_byte: float
    doubled: float

    def faults(self) -> list[str]:
        """The ratios that are above their goals."""
        return [
            f"{self.case.route.name}: {self.case.shape.name}, {self.case.fault or 'no fault'} at the {self.case.place} "
            f"in {self.case.around}: {name} {getattr(self, name):.2f}, at most {goal}"
            for name, goal in GOALS.items()
            if getattr(self, name) > goal
        ]


def keep_memory() -> None:
    """Let glibc's malloc keep the memory that this process frees.

    Otherwise, depending on the heap, 1 MiB may be returned and faulted in again, which takes up to twice as long as a
    quick refusal. That time is proportional to the size, but may affect one size and not the half of it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, 1 << 30)
        mallopt(_MMAP_MAX, 0)


def cases(route: Route, *, fault: str, places: tuple[str, ...] = shapes.PLACES) -> Iterator[Case]:
    """Every shape with the fault at every place; without a fault also the valid bodies."""
    if not fault:
        yield from (ValidCase.of(route, name) for name in shapes.TEXTS)
    for around in route.arounds:
        for shape in shapes.SHAPES:
            for place in places if fault else ("end",):
                yield Case(route=route, around=around, shape=shape, fault=fault, place=place)


def seconds(call: Call, route: Route, body: bytes, *, runs: int) -> float:
    """Processor time of a request, the minimum of several. Raises FailedError for a 5xx."""
    event = functions.event(route, body)
    times = []
    for _ in range(runs):
        started = time.thread_time()
        answer = call(event, route.function)
        times.append(time.thread_time() - started)
        if answer["statusCode"] >= 500:
            raise FailedError(f"{route.name} answered {answer['statusCode']}: {answer['body'][:200]}")
    return min(times)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Measures cases of one route. size: of the largest body, in bytes.

    honest: seconds per byte of the most expensive of its largest valid bodies of ordinary texts.
    """

    call: Call
    honest: float
    size: int

    @classmethod
    def of(cls, call: Call, route: Route, *, size: int) -> Measure:
        """For that route, warmed up."""
        valid = route.valid(size)
        for body in valid:
            seconds(call, route, body, runs=2)
        return cls(call=call, honest=max(seconds(call, route, body, runs=RUNS) for body in valid) / size, size=size)

    def once(self, case: Case) -> Cost:
        """Its cost from few runs: one at full size and two at half, where too long a time would hide a fault."""
        return self._cost(case, whole=1, half=2)

    def settled(self, case: Case) -> Cost:
        """Its cost as the minimum of RUNS, measured once more if it is above a goal."""
        cost = self._cost(case, whole=RUNS, half=RUNS)
        return self._cost(case, whole=RUNS * 2, half=RUNS * 2) if cost.faults() else cost

    def dearest(self, candidates: Iterator[Case]) -> tuple[Cost, Cost]:
        """The cases with the highest ratio to the valid body and to half their size, settled.

        All are tried once. Then they are settled, the most expensive first, until the next is not more expensive than
        the highest so far (one run is never shorter than the minimum of several), or one is above its goal.
        """
        costs = list[Cost]()
        for case in candidates:
            costs.append(self.once(case))
            if costs[-1].per_byte > 2 * GOALS["per_byte"] and (settled := self.settled(case)).faults():
                return settled, settled  # far above: no need to try others
        return self._dearest(costs, "per_byte"), self._dearest(costs, "doubled")

    def _dearest(self, costs: list[Cost], ratio: str) -> Cost:
        best: Cost | None = None
        for number, cost in enumerate(sorted(costs, key=lambda one: -float(getattr(one, ratio)))):
            rough = float(getattr(cost, ratio))
            if best is not None and (rough <= getattr(best, ratio) or (number >= _AGAIN and rough <= GOALS[ratio])):
                break
            settled = self.settled(cost.case)
            if best is None or getattr(settled, ratio) > getattr(best, ratio):
                best = settled
            if getattr(best, ratio) > GOALS[ratio]:
                break
        if best is None:
            raise ValueError("no cases")
        return best

    def _cost(self, case: Case, *, whole: int, half: int) -> Cost:
        body = case.body(self.size).raw
        gc.collect(0)  # memory from making the body does not belong to the request
        whole_seconds = seconds(self.call, case.route, body, runs=whole)
        half_seconds = seconds(self.call, case.route, case.body(self.size // 2).raw, runs=half)
        return Cost(
            case=case,
            milliseconds=whole_seconds * 1000,
            per_byte=whole_seconds / len(body) / self.honest,
            doubled=whole_seconds / half_seconds,
        )
