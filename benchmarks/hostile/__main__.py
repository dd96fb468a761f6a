"""The cost of request bodies made to be expensive, compared with an honest one.

    make bench-security [ARGS="--places end"]        or  python -m benchmarks.hostile

For each route that takes a body and each kind of fault: every shape at every place (benchmarks/hostile) at the largest
accepted size and at half of it; without a fault also valid bodies of texts that are expensive to normalise. `per byte`
is the highest processor time per byte relative to the most expensive valid body of ordinary texts, and `doubled` the
highest time at full size relative to half of it. The exit status is 1 when one is above its goal or an answer is a 5xx.
The functions run in this process, with an AWS that answers at once.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from pathlib import Path

from benchmarks.hostile import functions, shapes
from benchmarks.hostile.measuring import GOALS, Call, Cost, FailedError, Measure, cases, keep_memory

SIZE = shapes.LARGEST


def processor() -> str:
    """The processor's name."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.processor()


def report(call: Call, places: tuple[str, ...]) -> list[Cost]:
    """Print a line for each route and fault; returns the most expensive cases of each."""
    costs: list[Cost] = []
    for route in functions.ROUTES:
        measure = Measure.of(call, route, size=SIZE)
        print(
            f"{route.name}: {measure.honest * SIZE * 1000:.1f} ms for the most expensive valid body of ordinary texts"
        )
        print(f"  {'fault':18} {'ms':>6} {'per byte':>9}  {'of shape':22} {'doubled':>8}  of shape")
        for fault in ("", *shapes.FAULTS):
            dearest, steepest = measure.dearest(cases(route, fault=fault, places=places))
            costs += [dearest, steepest]
            above = "  ABOVE" if dearest.faults() or steepest.faults() else ""
            row = f"  {fault or 'none':18} {dearest.milliseconds:6.1f} {dearest.per_byte:9.3f}  {_named(dearest):22}"
            print(f"{row} {steepest.doubled:8.2f}  {_named(steepest)}{above}", flush=True)
    return costs


def _named(cost: Cost) -> str:
    return f"{cost.case.shape.name}, {cost.case.place}" if cost.case.fault else cost.case.shape.name


def main() -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks.hostile", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--places", nargs="+", choices=shapes.PLACES, default=list(shapes.PLACES), help="where in a body the fault is"
    )
    options = parser.parse_args()
    print(f"{processor()}, Python {platform.python_version()}; bodies of {SIZE:,} bytes")
    keep_memory()
    started = time.monotonic()
    with functions.answering() as call:
        try:
            costs = report(call, tuple(options.places))
        except FailedError as error:
            raise SystemExit(f"bench-security: {error}") from error
    for fault in sorted({fault for cost in costs for fault in cost.faults()}):
        print(f"ABOVE: {fault}")
    worst = {name: round(max(float(getattr(cost, name)) for cost in costs), 3) for name in GOALS}
    print(json.dumps({"worst": worst, "goals": GOALS, "seconds": round(time.monotonic() - started)}))
    return 1 if any(cost.faults() for cost in costs) else 0


if __name__ == "__main__":
    sys.exit(main())
