"""Changes of a test's record that several steps make. No I/O."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from contracts.ab_tests import record
from contracts.ab_tests.record import Progress, Record, Verdict
from lambda_src.common.times import written

_MOST_STEPS = 200
_LONGEST_REASON = 1_000
OWN = "ab_test"  # `ended_by` of a test that ended by its own rules


def noted(test: Record, what: str, *, now: datetime) -> Record:
    """The record with what happened."""
    steps = [*test["steps"], {"at": written(now), "what": what}]
    return {**test, "steps": steps[-_MOST_STEPS:]}


def progressed(test: Record, changed: Progress) -> Record:
    """The record with some of the progress replaced."""
    return {**test, "progress": cast(Progress, {**test["progress"], **changed})}


def ending(test: Record, verdict: Verdict, reason: str, *, now: datetime, by: str = OWN) -> Record:
    """The record of a test that is decided: what is left is to delete the challenger's resources."""
    ended = noted(test, f"the test ends: {verdict}", now=now)
    return {
        **ended,
        "phase": record.ENDING,
        "verdict": verdict,
        "reason": reason[:_LONGEST_REASON],
        "ended_at": written(now),
        "ended_by": by,
    }
