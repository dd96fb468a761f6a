"""The pipeline's executions, as Step Functions knows them."""

from __future__ import annotations

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

    def running(self) -> list[str]:
        """Names of the runs that are on, whoever started them, the oldest first."""
        found: list[tuple[datetime, str]] = []
        query: dict[str, Any] = {"stateMachineArn": self._pipeline, "statusFilter": "RUNNING"}
        while True:
            page = self._states.list_executions(**query)
            found += [(one["startDate"], one["name"]) for one in page["executions"]]
            if not page.get("nextToken"):
                return [name for _, name in sorted(found)]
            query["nextToken"] = page["nextToken"]

    def settled(self, run: Run, *, now: str) -> Run:
        """A reserved run as it stands: started, never to be started, or still about to be."""
        if run["state"] != runs.RESERVED:
            return run
        arn = f"{self._pipeline.replace(':stateMachine:', ':execution:')}:{decision.run_of(run['decision_id'])}"
        if self._exists(arn) is not None:
            return {**run, "state": runs.STARTED}
        starter = self._exists(run["execution"])
        if starter == "RUNNING" or datetime.fromisoformat(run["at"]) + _MAY_BE_UNKNOWN > datetime.fromisoformat(now):
            return run
        return {**run, "state": runs.NEVER}

    def _exists(self, arn: str) -> str | None:
        """The status of an execution; None where there is none of this name."""
        try:
            return str(self._states.describe_execution(executionArn=arn)["status"])
        except ClientError as error:
            if aws.error_code(error) != "ExecutionDoesNotExist":
                raise
            return None
