"""A decision to train again or not: an object of the artifact bucket, written once. No I/O.

The state machine `retraining` makes one each time it runs; the function `retrain` writes it under `key_of`, before
anything is started. `rubric retrain` and `rubric history` read it. It holds figures and ids, and no text.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, Literal, TypedDict

from contracts.deployment import buckets

LAYOUT = 1

# Who asked for the decision: the rule of `retraining.check_hours`, or a person with `rubric retrain`.
Cause = Literal["check", "person"]
CHECK: Final = "check"
PERSON: Final = "person"

# TRAIN: a run is started. ASK: it may pay, but only a person can say so, as a price or a value is not known.
# WAIT: it would be started, but for a dataset that it may not make, a run or a test that is on, the time since the last
# one, or the month's budget.
# REPORT: texts or answers have drifted, and training again is not shown to help. NOTHING: there is no reason to train.
Outcome = Literal["train", "ask", "wait", "report", "nothing"]
TRAIN: Final = "train"
ASK: Final = "ask"
WAIT: Final = "wait"
REPORT: Final = "report"
NOTHING: Final = "nothing"

# Reasons to train, of which one suffices.
REASONS = ("person", "drift", "rows", "audit", "schedule")
# What must hold besides: that it pays, and that nothing stands against it.
CONDITIONS = ("worth", "price", "dataset", "single-flight", "test", "cool-down", "budget")

_FORMS = '{"cause": "person", "by": "<your ARN>"} asks for a run, and {} decides as the schedule does'
_LONGEST = 500  # characters of a person's ARN that are kept


class Action:
    """Actions of the function `retrain`: `action` in its event.

    DECIDE and NOTE are the machine's: the one has `execution`, `start_time` and `input`, `{"cause", "by"}` of a
    person; the other has `decision_id`, and answers whether its run was started (`started`).
    EXPLAIN answers a Decision that is not kept, BACKTEST `{"decisions": [...], "complete": bool}`.
    """

    DECIDE = "decide"
    NOTE = "note"
    EXPLAIN = "explain"
    BACKTEST = "backtest"
    ALL = (DECIDE, NOTE, EXPLAIN, BACKTEST)


class Clause(TypedDict):
    """One part of the rule. holds: None where it cannot be told, such as with too few labels.

    name: of REASONS and CONDITIONS. sentence: for people, with the figures that matter. figures: numbers, times and
    ids by name; None for what is not known.
    """

    name: str
    holds: bool | None
    sentence: str
    figures: dict[str, Any]


class Decision(TypedDict):
    """A decision. at: UTC, such as `2026-11-20T21:35:00.123Z`; by: the execution of the machine, or the person's ARN.

    model_version: the approved model's. decided_by: the clause that decided. reason: the whole in a sentence.
    price: of a run, US dollars; None if it is not known. run: the name of the pipeline's execution, "" if none starts.
    """

    layout: int
    decision_id: str
    at: str
    cause: Cause
    by: str
    model_version: str
    outcome: Outcome
    decided_by: str
    reason: str
    clauses: list[Clause]
    price: float | None
    run: str


class PipelineInput(TypedDict):
    """The input of the run that a decision starts."""

    fold_ledger: Literal[True]
    decision: str


class InputError(ValueError):
    """An execution's input that no rule and no command gives; one sentence."""


def id_of(execution: str) -> str:
    """A decision's id: the same however often an execution of the machine asks for it. execution: its ARN or id."""
    return hashlib.sha256(execution.encode()).hexdigest()[:12]


def person_in(execution_input: Any) -> str:
    """The person's ARN in the input of an execution of the machine; "" for what a rule gives. Raises InputError."""
    if not isinstance(execution_input, dict):
        raise InputError(f"The execution's input has to be a JSON object: {_FORMS}")
    if "cause" not in execution_input:
        return ""
    person = execution_input.get("by")
    if execution_input["cause"] != PERSON or not isinstance(person, str) or not person:
        raise InputError(f"The execution's input has a cause, but not that of a person: {_FORMS}")
    return person[:_LONGEST]


def key_of(at: str, decision_id: str) -> str:
    """A decision's key. Keys are in the order of the times."""
    return f"{buckets.RETRAINING}{at.replace('-', '').replace(':', '')}-{decision_id}.json"


def run_of(decision_id: str) -> str:
    """The name of the pipeline's execution that a decision starts: Step Functions starts a name only once."""
    return f"retrain-{decision_id}"


def pipeline_input(decision_id: str) -> PipelineInput:
    """The input of that execution."""
    return {"fold_ledger": True, "decision": decision_id}
