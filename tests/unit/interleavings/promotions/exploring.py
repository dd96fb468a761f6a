"""Runs a scenario once for each single failure that is possible."""

from __future__ import annotations

from collections.abc import Iterator

from tests.unit.interleavings.promotions.run import Run
from tests.unit.interleavings.promotions.scenarios import Scenario

# Events that may come before a call. Those in the first line only matter if the call changes something.
AT_CHANGES = ("kill", "lost", "error", "abort", "double", "stall")
ANYWHERE = ("switch", "deploy", "settle", "reject")


def possible(run: Run, *, since: int = 0, only_at_changes: bool = False) -> Iterator[tuple[int, str]]:
    """Every single deviation that is possible in a run, or only those before a call that changes something."""
    for number, call in enumerate(run.calls[since:], since):
        if call.changes or not only_at_changes:
            for kind in (*(AT_CHANGES if call.changes else ()), *ANYWHERE):
                yield number, kind


def rejections(scenario: Scenario, *, every: int = 1) -> Iterator[Run]:
    """Runs in which models are rejected, while others continue between the rejection's read, its write and its next
    read: paused before any call, resumed before any later one.
    """
    plain = Run(scenario)
    plain.run()
    for began in range(0, len(plain.calls), every):
        first = Run(scenario, {began: "reject"})
        first.run()
        writes = [number for number, call in enumerate(first.calls) if call.operation == "update_model_package"]
        for write in writes:
            deviations = {began: "reject", write: "switch"}
            second = Run(scenario, deviations)
            second.run()
            yield second
            resumed = [number for number in range(write + 1, len(second.calls)) if "reject" in second.trace[number]]
            for later in range(write + 1, min(resumed, default=0)):
                run = Run(scenario, {**deviations, later: "switch"})
                run.run()
                yield run


def explore(scenario: Scenario, *, only_at_changes: bool, every: int = 1, first: bool = False) -> tuple[list[str], int]:
    """Runs a scenario without and with each `every`th single deviation: the faults, one line each, and the number of
    runs.

    first: stop at the first fault.
    """
    plain = Run(scenario)
    found = [f"as it is: {fault}" for fault in plain.run()]
    runs = 1
    for number, kind in list(possible(plain, only_at_changes=only_at_changes))[::every]:
        if first and found:
            break
        run = Run(scenario, {number: kind})
        found += [f"{kind} at {run.trace[number]}: {fault}" for fault in run.run()]
        runs += 1
    return found, runs
