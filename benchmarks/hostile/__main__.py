"""What bodies that are made to cost much cost a function, against what an honest one costs it.

    make bench-security [ARGS="--places end"]        or  python -m benchmarks.hostile

For each route that takes a body and each kind of fault: every shape at every place (benchmarks/hostile) at the largest
size that is taken and at half of it; without a fault also bodies that are taken, of texts that are dear to normalise.
`per byte` is the highest processor time a byte against that of the dearest valid body of ordinary texts, and `doubled`
the highest time at the full size against that at half of it. Exit status 1 where one is above its goal, or where an
answer is a 5xx. The functions run in this process, over an AWS that answers at once.
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
    """Prints a line for each route and fault, and gives the dearest of each."""
    found: list[Cost] = []
    for route in functions.ROUTES:
        measure = Measure.of(call, route, size=SIZE)
        print(f"{route.name}: {measure.honest * SIZE * 1000:.1f} ms for the dearest valid body of ordinary texts")
        print(f"  {'fault':18} {'ms':>6} {'per byte':>9}  {'of shape':22} {'doubled':>8}  of shape")
        for fault in ("", *shapes.FAULTS):
            dearest, steepest = measure.dearest(cases(route, fault=fault, places=places))
            found += [dearest, steepest]
            above = "  ABOVE" if dearest.faults() or steepest.faults() else ""
            row = f"  {fault or 'none':18} {dearest.milliseconds:6.1f} {dearest.per_byte:9.3f}  {_named(dearest):22}"
            print(f"{row} {steepest.doubled:8.2f}  {_named(steepest)}{above}", flush=True)
    return found


def _named(cost: Cost) -> str:
    return f"{cost.case.shape.name}, {cost.case.place}" if cost.case.fault else cost.case.shape.name


def main() -> int:
    """The command; its exit status."""
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
            found = report(call, tuple(options.places))
        except FailedError as error:
            raise SystemExit(f"bench-security: {error}") from error
    for fault in sorted({fault for cost in found for fault in cost.faults()}):
        print(f"ABOVE: {fault}")
    worst = {name: round(max(float(getattr(cost, name)) for cost in found), 3) for name in GOALS}
    print(json.dumps({"worst": worst, "goals": GOALS, "seconds": round(time.monotonic() - started)}))
    return 1 if any(cost.faults() for cost in found) else 0


if __name__ == "__main__":
    sys.exit(main())
