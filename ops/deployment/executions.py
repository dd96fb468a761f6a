"""State machine executions: starting and describing them, and the events of one that is followed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from contracts.models.progress import Progress

HISTORY_EVENTS = 200
RUNNING = ("RUNNING", "PENDING_REDRIVE")


@dataclass(frozen=True)
class Execution:
    """`status` as in Step Functions; `output` after a success; `error` and `cause` after a failure."""

    arn: str
    status: str
    output: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    cause: str = ""

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.status in RUNNING


@dataclass(frozen=True)
class Trace:
    """An execution's progress: the latest state entered, and the training job that it runs ("" before that)."""

    state: str
    job: str


@dataclass(frozen=True)
class Entered:
    """The execution entered a state."""

    state: str


@dataclass(frozen=True)
class JobKnown:
    """The training job's name is known."""

    job: str


@dataclass(frozen=True)
class Ended:
    """The execution is over."""

    execution: Execution


Event = Entered | JobKnown | Progress | Ended


def start(sfn: Any, *, machine: str, payload: dict[str, Any]) -> str:
    """Start an execution. Returns its ARN."""
    return str(sfn.start_execution(stateMachineArn=machine, input=json.dumps(payload))["executionArn"])


def describe(sfn: Any, arn: str) -> Execution:
    """An execution's current state."""
    answer = sfn.describe_execution(executionArn=arn)
    return Execution(
        arn=arn,
        status=answer["status"],
        output=_json(answer.get("output")),
        error=answer.get("error", ""),
        cause=answer.get("cause", ""),
    )


def trace(sfn: Any, arn: str) -> Trace:
    """The latest state and the training job, from the execution's history."""
    events = sfn.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=HISTORY_EVENTS)["events"]
    events = sorted(events, key=lambda event: event["id"])
    state = job = ""
    for event in events:
        state = event.get("stateEnteredEventDetails", {}).get("name", state)
        prepared = _json(event.get("stateExitedEventDetails", {}).get("output")).get("job")
        if isinstance(prepared, dict):
            job = str(prepared.get("job_name", job))
    return Trace(state=state, job=job)


def recent(sfn: Any, *, machine: str, count: int) -> list[str]:
    """ARNs of the latest executions, newest first."""
    answer = sfn.list_executions(stateMachineArn=machine, maxResults=count)["executions"]
    return [item["executionArn"] for item in sorted(answer, key=lambda item: item["startDate"], reverse=True)]


def _json(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
