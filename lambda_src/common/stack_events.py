"""What the events of a CloudFormation stack say of its updates. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_FAILED_STATES = {"UPDATE_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
# The statuses of a stack with which an operation begins.
STARTS = {"UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS"}


@dataclass(frozen=True)
class Operation:
    """What the stack's events say of one update. started: whether CloudFormation took it. status: the last one of the
    stack that belongs to it, "" for none. reason: the first resource that failed, and why.
    """

    started: bool = False
    status: str = ""
    reason: str = ""


def is_of_stack(event: dict[str, Any]) -> bool:
    """Whether it is an event of the stack itself, not of one of its resources."""
    return bool(event.get("PhysicalResourceId") == event.get("StackId"))


def tells_a_failure(event: dict[str, Any]) -> bool:
    """Whether a resource failed, and not only because another had failed before."""
    failed = event.get("ResourceStatus", "") in _FAILED_STATES
    return failed and "cancelled" not in event.get("ResourceStatusReason", "")


def starts(event: dict[str, Any]) -> bool:
    """Whether an operation of the stack begins with it."""
    return is_of_stack(event) and event.get("ResourceStatus") in STARTS


def operation(events: Iterable[dict[str, Any]]) -> Operation:
    """The operation to which the events belong, the newest first."""
    events = list(events)
    of_stack = [str(event.get("ResourceStatus", "")) for event in events if is_of_stack(event)]
    failed = [event for event in events if not is_of_stack(event) and tells_a_failure(event)]
    first = failed[-1] if failed else None
    reason = f"{first.get('LogicalResourceId', '')}: {first.get('ResourceStatusReason', '')}" if first else ""
    return Operation(started=True, status=of_stack[0] if of_stack else "", reason=reason)


def begun_with(token: str, events: Iterable[dict[str, Any]], *, most: int) -> Operation | None:
    """What is known of the operation with this token; None if it is not among the newest `most`. events: as above.

    All events before the start of the next operation belong to one, those of its rollback included.
    """
    mine: list[dict[str, Any]] = []
    for event in events:
        mine.append(event)
        if starts(event):
            if event.get("ClientRequestToken") == token:
                return operation(mine)
            mine, most = [], most - 1
            if not most:
                break
    return None
