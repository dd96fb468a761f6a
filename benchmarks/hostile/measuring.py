"""What a body costs a function, against what an honest one does: the ratios that have bounds.

Processor time of this thread alone: other work on the machine only adds, so a ratio that is well within its bound is
taken at once, and one that is not is measured again, the least of several.
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

# Of a body's time a byte to that of the largest valid body, and of its time to that of half its size.
GOALS = {"per_byte": 2.0, "doubled": 2.5}
RUNS = 7
_AGAIN = 12
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of mallopt(3)
Call = Callable[[dict[str, Any], str], dict[str, Any]]


class FailedError(Exception):
    """An answer that a body must not get: a 5xx."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A body to be made at any size. fault: "" for none."""

    route: Route
    around: tuple[str, str]
    shape: Shape
    fault: str
    place: str

    def body(self, size: int) -> Body:
        """It, at that size in bytes."""
        return shapes.of_size(size, self.around, self.shape, fault=self.fault, place=self.place)


@dataclass(frozen=True, kw_only=True)
class Taken(Case):
    """A body that is taken, its texts made of one of shapes.TEXTS."""

    @classmethod
    def of(cls, route: Route, name: str) -> Taken:
        """The route's, of these texts."""
        shape = Shape(name, "", shapes.TEXTS[name], "")
        return cls(route=route, around=("", ""), shape=shape, fault="", place="end")

    def body(self, size: int) -> Body:
        """It, at that size in bytes."""
        return Body(self.shape.name, "none", self.place, self.route.full(self.shape.first(), size))


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a case costs. milliseconds: at the largest size; per_byte and doubled: the ratios of GOALS."""

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
    """Has glibc's malloc keep what this process frees, for as long as it runs.

    Else 1 MiB is given back and faulted in again or not as the heap happens to lie, at up to twice a quick refusal's
    own time: in proportion to the size, but one size may be on the one side and the half of it on the other.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, 1 << 30)
        mallopt(_MMAP_MAX, 0)


def cases(route: Route, *, fault: str, places: tuple[str, ...] = shapes.PLACES) -> Iterator[Case]:
    """Every shape around and with the fault at every place; without a fault the bodies that are taken as well."""
    if not fault:
        yield from (Taken.of(route, name) for name in shapes.TEXTS)
    for around in route.arounds:
        for shape in shapes.SHAPES:
            for place in places if fault else ("end",):
                yield Case(route=route, around=around, shape=shape, fault=fault, place=place)


def seconds(call: Call, route: Route, body: bytes, *, runs: int) -> float:
    """Processor time of a request, the least of several. Raises FailedError for a 5xx."""
    event = functions.event(route, body)
    found = []
    for _ in range(runs):
        started = time.thread_time()
        answer = call(event, route.function)
        found.append(time.thread_time() - started)
        if answer["statusCode"] >= 500:
            raise FailedError(f"{route.name} answered {answer['statusCode']}: {answer['body'][:200]}")
    return min(found)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Measures cases of one route. size: of the largest body, in bytes.

    honest: seconds a byte of the dearest of its largest valid bodies whose texts are ordinary.
    """

    call: Call
    honest: float
    size: int

    @classmethod
    def of(cls, call: Call, route: Route, *, size: int) -> Measure:
        """Of that route, warmed up."""
        valid = route.valid(size)
        for body in valid:
            seconds(call, route, body, runs=2)
        return cls(call=call, honest=max(seconds(call, route, body, runs=RUNS) for body in valid) / size, size=size)

    def once(self, case: Case) -> Cost:
        """Its cost by the fewest runs: two at half the size, as too long a time would hide there, one at the whole."""
        return self._cost(case, whole=1, half=2)

    def settled(self, case: Case) -> Cost:
        """Its cost by the least of RUNS, and once more where it is above a goal."""
        cost = self._cost(case, whole=RUNS, half=RUNS)
        return self._cost(case, whole=RUNS * 2, half=RUNS * 2) if cost.faults() else cost

    def dearest(self, given: Iterator[Case]) -> tuple[Cost, Cost]:
        """Those with the highest ratio to the valid body and to half their size, settled.

        All are tried once. Then the dearest of those is settled, and the next one, until the next is no dearer than
        what was found, as one run is not shorter than the least of several, or until one is above its goal.
        """
        costs = list[Cost]()
        for case in given:
            costs.append(self.once(case))
            if costs[-1].per_byte > 2 * GOALS["per_byte"] and (settled := self.settled(case)).faults():
                return settled, settled  # far above: no other need be tried
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
        gc.collect(0)  # what was made to make the body is not the request's
        taken = seconds(self.call, case.route, body, runs=whole)
        of_half = seconds(self.call, case.route, case.body(self.size // 2).raw, runs=half)
        return Cost(
            case=case,
            milliseconds=taken * 1000,
            per_byte=taken / len(body) / self.honest,
            doubled=taken / of_half,
        )
