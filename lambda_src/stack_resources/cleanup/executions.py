"""Stops executions of state machines, which would hold up the machines' deletion. They may have ended already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common.aws import error_code
from lambda_src.stack_resources.cleanup.deadline import Deadline

_OVER = {"ExecutionDoesNotExist", "ValidationException"}
_POLL_SECONDS = 2.0
# ListExecutions is eventually consistent (its API reference): one empty list proves nothing.
_EMPTY_LISTS = 2


def stop_executions(states: Any, machine_arns: Sequence[str], *, deadline: Deadline) -> int:
    """Stops the machines' running executions, also those that start meanwhile, and waits for them; returns how many.

    A `.sync` task stops its job, or its nested execution, as its own execution is stopped.
    """
    stopped: set[str] = set()
    empty = 0
    while True:
        running = [arn for machine in machine_arns for arn in _running(states, machine)]
        empty = 0 if running else empty + 1
        if empty == _EMPTY_LISTS:
            return len(stopped)
        for arn in running:
            _stop(states, arn)
            stopped.add(arn)
        waiting_for = running[0].rsplit(":", 1)[-1] if running else "new executions"
        deadline.pause(_POLL_SECONDS, f"stopping executions, the last one seen: {waiting_for}")


def _running(states: Any, machine_arn: str) -> Iterator[str]:
    try:
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine_arn, statusFilter="RUNNING")
        for page in pages:
            for execution in page["executions"]:
                yield execution["executionArn"]
    except ClientError as error:
        if error_code(error) != "StateMachineDoesNotExist":
            raise


def _stop(states: Any, execution_arn: str) -> None:
    try:
        states.stop_execution(
            executionArn=execution_arn, error="StackDeleted", cause="The stack of its state machine is being deleted."
        )
    except ClientError as error:
        if error_code(error) not in _OVER:
            raise
