"""What bodies that are made to cost much cost a function, against what an honest one costs it.

    make bench-security [ARGS="--places end"]        or  python -m benchmarks.security

For each route that takes a body and each kind of fault: the slowest of all shapes and places (benchmarks/hostile) at
the largest size that is taken. `per byte` is its processor time a byte against that of the largest valid body, and
`doubled` its time at the full size against that at half of it. Exit status 1 where one is above its goal, or where an
answer is a 5xx. The functions run in this process, over an AWS that answers at once.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.hostile import functions, shapes
from benchmarks.hostile.functions import Route
from benchmarks.hostile.shapes import Body, Shape

SIZE = 1024 * 1024
GOALS = {"per_byte": 2.0, "doubled": 2.5}
RUNS = 5
Call = Callable[[dict[str, Any], str], dict[str, Any]]


@dataclass(frozen=True)
class Slowest:
    """The slowest body of a route and a fault."""

    route: str
    fault: str
    shape: str
    milliseconds: float
    per_byte: float
    doubled: float

    @property
    def met(self) -> bool:
        """Whether both goals are."""
        return self.per_byte <= GOALS["per_byte"] and self.doubled <= GOALS["doubled"]


def seconds(call: Call, route: Route, body: bytes, *, runs: int) -> float:
    """Processor time of a request, the least of several: other work only adds. Raises SystemExit for a 5xx."""
    event = functions.event(route, body)
    found = []
    for _ in range(runs):
        started = time.thread_time()
        answer = call(event, route.function)
        found.append(time.thread_time() - started)
        if answer["statusCode"] >= 500:
            raise SystemExit(f"bench-security: {route.name} answered {answer['statusCode']}: {answer['body'][:200]}")
    return min(found)


def slowest(call: Call, route: Route, *, fault: str, places: tuple[str, ...]) -> Slowest:
    """Every shape around and with the fault at every place, once; the slowest again, at both sizes."""
    tried: list[tuple[float, Shape, tuple[str, str], str]] = []
    for around in route.arounds:
        for shape in shapes.SHAPES:
            for place in places if fault else ("end",):
                made = _body(SIZE, around, shape, fault=fault, place=place)
                tried.append((seconds(call, route, made.raw, runs=1), shape, around, place))
    honest = seconds(call, route, route.valid, runs=RUNS) / len(route.valid)
    again = []
    for _, shape, around, place in sorted(tried, key=lambda one: -one[0])[:5]:
        whole, half = (_body(size, around, shape, fault=fault, place=place) for size in (SIZE, SIZE // 2))
        taken = seconds(call, route, whole.raw, runs=RUNS)
        again.append((taken, shape, whole, taken / seconds(call, route, half.raw, runs=RUNS)))
    taken, shape, whole, doubled = max(again, key=lambda one: one[0])
    return Slowest(route.name, fault or "none", shape.name, taken * 1000, taken / len(whole.raw) / honest, doubled)


def _body(size: int, around: tuple[str, str], shape: Shape, *, fault: str, place: str) -> Body:
    return (
        shapes.of_size(size, around, shape, fault=fault, place=place) if fault else shapes.of_size(size, around, shape)
    )


def processor() -> str:
    """The processor's name."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.processor()


def main() -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks.security", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--places", nargs="+", choices=shapes.PLACES, default=list(shapes.PLACES), help="where in a body the fault is"
    )
    options = parser.parse_args()
    print(f"{processor()}, Python {platform.python_version()}; bodies of {SIZE:,} bytes")
    print(f"{'route':20} {'fault':18} {'slowest shape':20} {'ms':>7} {'per byte':>9} {'doubled':>8}")
    found: list[Slowest] = []
    with functions.answering() as call:
        for route in functions.routes(SIZE):
            seconds(call, route, route.valid, runs=2)
            for fault in ("", *shapes.FAULTS):
                one = slowest(call, route, fault=fault, places=tuple(options.places))
                found.append(one)
                row = f"{one.route:20} {one.fault:18} {one.shape:20} {one.milliseconds:7.1f}"
                print(f"{row} {one.per_byte:9.3f} {one.doubled:8.2f}{'' if one.met else '  ABOVE'}", flush=True)
    worst = {"per_byte": max(one.per_byte for one in found), "doubled": max(one.doubled for one in found)}
    print(json.dumps({"worst": {name: round(value, 3) for name, value in worst.items()}, "goals": GOALS}))
    return 0 if all(one.met for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
