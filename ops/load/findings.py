"""What came of a load test: in sentences, as a table, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ops.load import report
from ops.load.locust_process import Outcome
from ops.load.plan import Plan
from ops.load.steps import Step, knee, verdict
from ops.terminal import screen

BUSY = 0.85  # of a core: what is measured then may be the load generator
# The share of the knee that an instance is asked to take: scaling out takes minutes, and until then the others must be
# able to take twice their share (docs/benchmarks.md has the same rule).
SAFETY = 0.5


def sentences(outcome: Outcome, plan: Plan, *, instances: int | None) -> list[str]:
    """What the steps say. instances: how many served all along; None where no figure of one instance can be told."""
    best = knee(outcome.steps, p95_ms=plan.p95_ms)
    said = []
    if best is not None:
        texts = f", {best.throughput * plan.texts_per_request:.0f} texts a second" if plan.texts_per_request > 1 else ""
        said.append(
            f"{best.throughput:.1f} requests a second{texts} with {best.users} user{'' if best.users == 1 else 's'}, "
            f"95 of 100 within {best.p95_ms:.0f} ms, is the most within {plan.p95_ms:.0f} ms."
        )
    elif outcome.steps:
        said.append(f"No step kept 95 of 100 requests within {plan.p95_ms:.0f} ms and 99 of 100 without an error.")
    if plan.ramp and outcome.steps:
        said.append(verdict(outcome.steps, p95_ms=plan.p95_ms, users=plan.users))
    if best is not None and instances and plan.texts_per_request == 1:
        target = int(best.throughput * 60 * SAFETY / instances)
        said.append(
            f"At {SAFETY:.0%} of that, an instance takes {target} requests a minute: "
            f"serving.target_invocations_per_instance: {target}"
        )
    busy = [step for step in outcome.steps if step.generator_cpu >= BUSY]
    if busy:
        first = min(step.users for step in busy)
        said.append(
            f"From {first} users on the load generator took {max(step.generator_cpu for step in busy):.0%} of a core: "
            "it may be what was measured."
        )
    if outcome.interrupted:
        said.append("It was interrupted.")
    return said


def show(steps: Sequence[Step], said: Sequence[str], *, best: Step | None) -> None:
    """The table of steps, the knee marked, and the sentences."""
    ranked = sorted(steps, key=lambda step: step.users)
    rows = [[*report.cells_of(step), "<- knee" if step is best else ""] for step in ranked]
    screen.table(*report.COLUMNS, rows=rows, numeric=report.COLUMNS[:-1])
    screen.out.print()
    for sentence in said:
        screen.line(sentence)


def as_dict(outcome: Outcome, plan: Plan, *, said: Sequence[str]) -> dict[str, Any]:
    """What `--json` prints."""
    best = knee(outcome.steps, p95_ms=plan.p95_ms)
    return {
        "url": plan.host + plan.path,
        "p95_limit_ms": plan.p95_ms,
        "texts_per_request": plan.texts_per_request,
        "knee": best.as_dict() if best else None,
        "steps": [step.as_dict() for step in outcome.steps],
        "findings": list(said),
        "interrupted": outcome.interrupted,
    }
