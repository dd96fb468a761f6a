"""The pipeline's executions, as Step Functions knows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

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
        return names + [name for name in newest if name not in names and self._exists(self._arn(name)) == "RUNNING"]

    def settled(self, run: Run, *, now: str) -> Run:
        """A reserved run as it stands: started, never to be started, or still about to be."""
        if run["state"] != runs.RESERVED:
            return run
        if self._exists(self._arn(decision.run_of(run["decision_id"]))) is not None:
            return {**run, "state": runs.STARTED}
        starter = self._exists(run["execution"])
        if starter == "RUNNING" or datetime.fromisoformat(run["at"]) + _MAY_BE_UNKNOWN > datetime.fromisoformat(now):
            return run
        return {**run, "state": runs.NEVER}

    def _arn(self, name: str) -> str:
        return f"{self._pipeline.replace(':stateMachine:', ':execution:')}:{name}"

    def _exists(self, arn: str) -> str | None:
        """The status of an execution; None where there is none of this name."""
        try:
            return str(self._states.describe_execution(executionArn=arn)["status"])
        except ClientError as error:
            if aws.error_code(error) != "ExecutionDoesNotExist":
                raise
            return None
