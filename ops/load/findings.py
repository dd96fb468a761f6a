"""The results of a load test: as sentences, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ops.load import report
from ops.load.locust_process import LocustResult
from ops.load.plan import Plan
from ops.load.steps import Step, knee, verdict
from ops.terminal import screen

BUSY = 0.85  # of a core: from here the load generator may be the bottleneck
# The share of the knee's load that an instance should take: scaling out takes minutes, and until then the others must
# be able to take twice their share (docs/benchmarks.md has the same rule).
SAFETY = 0.5


def sentences(outcome: LocustResult, plan: Plan, *, instances: int | None) -> list[str]:
    """The results in sentences. instances: how many served throughout; None if that is not known."""
    best = knee(outcome.steps, p95_ms=plan.p95_ms)
    lines = []
    if best is not None:
        texts = f", {best.throughput * plan.texts_per_request:.0f} texts a second" if plan.texts_per_request > 1 else ""
        lines.append(
            f"{best.throughput:.1f} requests a second{texts} with {best.users} user{'' if best.users == 1 else 's'}, "
            f"95 of 100 within {best.p95_ms:.0f} ms, is the most within {plan.p95_ms:.0f} ms."
        )
    elif outcome.steps:
        lines.append(f"No step kept 95 of 100 requests within {plan.p95_ms:.0f} ms and 99 of 100 without an error.")
    if plan.ramp and outcome.steps:
        lines.append(verdict(outcome.steps, p95_ms=plan.p95_ms, users=plan.users))
    if best is not None and instances and plan.texts_per_request == 1:
        target = int(best.throughput * 60 * SAFETY / instances)
        lines.append(
            f"At {SAFETY:.0%} of that, an instance takes {target} requests a minute: "
            f"serving.target_invocations_per_instance: {target}"
        )
    busy = [step for step in outcome.steps if step.generator_cpu >= BUSY]
    if busy:
        first = min(step.users for step in busy)
        lines.append(
            f"From {first} users on the load generator took {max(step.generator_cpu for step in busy):.0%} of a core: "
            "it may have been the bottleneck."
        )
    if outcome.interrupted:
        lines.append("The test was interrupted.")
    return lines


def show(steps: Sequence[Step], lines: Sequence[str], *, best: Step | None) -> None:
    """The table of steps, the knee marked, and the sentences."""
    ranked = sorted(steps, key=lambda step: step.users)
    rows = [[*report.cells_of(step), "<- knee" if step is best else ""] for step in ranked]
    screen.table(*report.COLUMNS, rows=rows, numeric=report.COLUMNS[:-1])
    screen.out.print()
    for sentence in lines:
        screen.line(sentence)


def as_dict(outcome: LocustResult, plan: Plan, *, lines: Sequence[str]) -> dict[str, Any]:
    """The JSON output."""
    best = knee(outcome.steps, p95_ms=plan.p95_ms)
    return {
        "url": plan.host + plan.path,
        "p95_limit_ms": plan.p95_ms,
        "texts_per_request": plan.texts_per_request,
        "knee": best.as_dict() if best else None,
        "steps": [step.as_dict() for step in outcome.steps],
        "findings": list(lines),
        "interrupted": outcome.interrupted,
    }
