"""The pipeline's executions, as Step Functions knows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment.pipeline import ErrorName, NothingNew
from contracts.retraining import decision, runs
from contracts.retraining.runs import Run
from lambda_src.common import aws

# DescribeExecution is eventually consistent (its API reference): one that has just begun may be unknown.
_MAY_BE_UNKNOWN = timedelta(minutes=10)


class Executions:
    """Of the pipeline whose machine has this ARN. Raises botocore's errors."""

    def __init__(self, states: Any, *, pipeline: str) -> None:
        self._states = states
        self._pipeline = pipeline

    def running(self, ledger: Sequence[Run]) -> list[str]:
        """Names of the runs that are on, whoever started them, the oldest first. ledger: the settled one."""
        found: list[tuple[datetime, str]] = []
        query: dict[str, Any] = {"stateMachineArn": self._pipeline, "statusFilter": "RUNNING"}
        while True:
            page = self._states.list_executions(**query)
            found += [(one["startDate"], one["name"]) for one in page["executions"]]
            if not page.get("nextToken"):
                break
            query["nextToken"] = page["nextToken"]
        names = [name for _, name in sorted(found)]
        # The list is eventually consistent (its API reference): it may lack the newest.
        newest = [decision.run_of(run["decision_id"]) for run in ledger if run["state"] == runs.STARTED][-1:]
        return names + [name for name in newest if name not in names and self._is_running(self._arn(name))]

    def settled(self, run: Run, *, now: str) -> Run:
        """A reserved run or one that was on, as it stands."""
        if run["state"] not in (runs.RESERVED, runs.STARTED):
            return run
        found = self._described(self._arn(decision.run_of(run["decision_id"])))
        if found is not None:
            return {**run, "state": _state(found)}
        if run["state"] == runs.STARTED:
            # Step Functions keeps an execution for 90 days after its end ("service-quotas").
            return run if _is_recent(run, now) else {**run, "state": runs.ENDED}
        return run if _is_recent(run, now) or self._is_running(run["execution"]) else {**run, "state": runs.NEVER}

    def _arn(self, name: str) -> str:
        return f"{self._pipeline.replace(':stateMachine:', ':execution:')}:{name}"

    def _is_running(self, arn: str) -> bool:
        found = self._described(arn)
        return found is not None and found["status"] == "RUNNING"

    def _described(self, arn: str) -> dict[str, Any] | None:
        """The execution; None where there is none of this name."""
        try:
            return dict(self._states.describe_execution(executionArn=arn))
        except ClientError as error:
            if aws.error_code(error) != "ExecutionDoesNotExist":
                raise
            return None


def _is_recent(run: Run, now: str) -> bool:
    return datetime.fromisoformat(run["at"]) + _MAY_BE_UNKNOWN > datetime.fromisoformat(now)


def _state(execution: dict[str, Any]) -> runs.State:
    """A run's state by its execution, as DescribeExecution answers."""
    if execution["status"] == "RUNNING":
        return runs.STARTED
    if execution.get("error") == ErrorName.PREPARATION_FAILED:
        return runs.UNPAID
    nothing = NothingNew.of(json.loads(execution.get("output") or "{}"))
    if nothing is None:
        return runs.ENDED
    return runs.EMPTY if nothing.job_name else runs.UNPAID
