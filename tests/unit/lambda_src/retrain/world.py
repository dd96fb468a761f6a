"""A bucket and Step Functions in memory, in which any call can be the last of a process that is killed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from botocore.exceptions import ClientError

from contracts.retraining import decision, runs
from lambda_src.retrain.look import Stores
from lambda_src.retrain.stores.documents import Documents
from lambda_src.retrain.stores.executions import Executions

PIPELINE = "arn:aws:states:us-east-1:111122223333:stateMachine:rubric-dev-training"
_RUNS = PIPELINE.replace(":stateMachine:", ":execution:")
_MACHINE = "arn:aws:states:us-east-1:111122223333:execution:rubric-dev-retraining"


class Killed(BaseException):
    """The process is gone: nothing in it may catch this."""


class Calls:
    """Counts calls; the one with number `last` kills, before it is made or, with `after`, once it was made.

    between: called before each call, as another process that is faster.
    """

    def __init__(self) -> None:
        self.made = 0
        self.last: int | None = None
        self.after = False
        self.between: Callable[[int], None] | None = None

    def call(self, make: Callable[[], Any]) -> Any:
        self.made += 1
        between, self.between = self.between, None  # its own calls come at once
        if between is not None:
            between(self.made)
        self.between = between
        kill = self.last is not None and self.made >= self.last
        if kill and not self.after:
            raise Killed
        answer = make()
        if kill:
            raise Killed
        return answer


@dataclass
class Bucket:
    """S3 with conditional writes."""

    calls: Calls
    objects: dict[str, bytes] = field(default_factory=dict)

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        def read() -> dict[str, Any]:
            if Key not in self.objects:
                raise _error("NoSuchKey", "GetObject")
            body = self.objects[Key]
            return {"Body": io.BytesIO(body), "ETag": _etag(body), "LastModified": datetime(2026, 11, 1, tzinfo=UTC)}

        return dict(self.calls.call(read))

    def put_object(self, *, Key: str, Body: bytes, **rest: Any) -> dict[str, Any]:
        def write() -> dict[str, Any]:
            there = self.objects.get(Key)
            if (rest.get("IfNoneMatch") == "*" and there is not None) or (
                "IfMatch" in rest and (there is None or _etag(there) != rest["IfMatch"])
            ):
                raise _error("PreconditionFailed", "PutObject")
            self.objects[Key] = Body
            return {"ETag": _etag(Body)}

        return dict(self.calls.call(write))


@dataclass
class StepFunctions:
    """statuses: of executions by ARN; ends: what else DescribeExecution says of them. running: names of the pipeline's
    runs that others have started.
    """

    calls: Calls
    ends: dict[str, dict[str, str]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    running: list[str] = field(default_factory=list)

    def list_executions(self, **_: Any) -> dict[str, Any]:
        on = [*self.running, *(arn.rsplit(":", 1)[-1] for arn, status in self.runs().items() if status == "RUNNING")]
        found = [{"name": name, "startDate": datetime(2026, 11, 20, 12, tzinfo=UTC)} for name in on]
        return dict(self.calls.call(lambda: {"executions": found}))

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        def describe() -> dict[str, Any]:
            if executionArn not in self.statuses:
                raise _error("ExecutionDoesNotExist", "DescribeExecution")
            return {"status": self.statuses[executionArn], **self.ends.get(executionArn, {})}

        return dict(self.calls.call(describe))

    def runs(self) -> dict[str, str]:
        return {arn: status for arn, status in self.statuses.items() if arn.startswith(_RUNS)}


@dataclass
class Datasets:
    """What is known of the dataset: its newest version, and whether a row was erased."""

    version: str = "v1"
    is_erased: bool = False

    def newest(self) -> tuple[str, str]:
        return self.version, ""

    def erased(self) -> bool:
        return self.is_erased


class World:
    """What decisions change, and the machine's own step that starts a run."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.bucket, self.states = Bucket(self.calls), StepFunctions(self.calls)
        self.datasets = Datasets()
        unread: Any = None  # a model's material is given
        self.stores = Stores(
            documents=Documents(self.bucket, bucket="artifacts"),
            sample=unread,
            new_rows=cast(Any, self.datasets),
            old_rows=cast(Any, self.datasets),
            executions=Executions(self.states, pipeline=PIPELINE),
            labels_uri="",
            days=30,
            untrusted_share=0.1,
        )

    def execution(self, name: str, status: str = "RUNNING") -> str:
        """The ARN of an execution of the machine, which has this status from now on."""
        arn = f"{_MACHINE}:{name}"
        self.states.statuses[arn] = status
        return arn

    def start(self, run: str) -> None:
        """StartExecution: a name is started once."""
        self.states.statuses.setdefault(f"{_RUNS}:{run}", "RUNNING")

    def end(self, run: str, status: str, **more: str) -> None:
        """A run's end. more: of the answer of DescribeExecution."""
        self.states.statuses[f"{_RUNS}:{run}"], self.states.ends[f"{_RUNS}:{run}"] = status, more

    def ledger(self) -> list[runs.Run]:
        """The ledger of runs."""
        return Documents(Bucket(Calls(), self.bucket.objects), bucket="artifacts").runs()[0]

    def kept(self) -> list[str]:
        """Keys of the decisions."""
        return sorted(key for key in self.bucket.objects if key.startswith("retraining/decisions/"))


def started(world: World) -> list[str]:
    """Names of the runs that were started."""
    return sorted(arn.rsplit(":", 1)[-1] for arn in world.states.runs())


def run_of(execution: str) -> str:
    """The name of the run of an execution's decision."""
    return decision.run_of(decision.id_of(execution))


def _etag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)
