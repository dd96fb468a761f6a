"""The control plane: what its operations work on and what they call, so that each can be tested without MiniStack."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from local_aws.common.store import Record, Store
from local_aws.sagemaker.access import ExecutionRoles


class Jobs(Protocol):
    """Runs training jobs, transform jobs, or Inference Recommender's."""

    def start(self, record: Record) -> None:
        """Run the job of a record that has just been stored; returns at once."""

    def stop(self, record: Record) -> None:
        """Ask a running job to end; returns at once."""


class Endpoints(Protocol):
    """Runs endpoints. Each call returns at once; the record's EndpointStatus tells how it goes."""

    def create(self, record: Record) -> None: ...

    def update(self, record: Record, config: Record, *, request: dict[str, Any]) -> None: ...

    def reweigh(self, record: Record) -> None: ...

    def delete(self, record: Record) -> None: ...

    def missing_alarms(self, names: list[str]) -> list[str]:
        """Those of the CloudWatch alarms that are not there."""


@dataclass
class Plane:
    """`publish(detail type, record, ARN)` tells EventBridge of a change of state.

    `quota` is what the account may have of one of SageMaker's quotas by its name, None where there is no such quota.
    """

    store: Store
    jobs: Jobs
    transforms: Jobs
    endpoints: Endpoints
    recommendations: Jobs
    publish: Callable[[str, Record, str], None]
    roles: ExecutionRoles
    clock: Callable[[], float] = field(default=time.time)
    quota: Callable[[str], float | None] = field(default=lambda name: None)

    def create(
        self, kind: str, name: str, record: Record, *, arn_member: str, tags: list[dict[str, str]] | None
    ) -> Record:
        """Store a new record with its ARN's tags and its times."""
        now = self.clock()
        full = {name_: value for name_, value in record.items() if name_ != "Tags"}
        full |= {"CreationTime": now, "LastModifiedTime": now}
        with self.store.lock:
            self.store.put(kind, name, full)
            if tags:
                self.store.set_tags(full[arn_member], {tag["Key"]: tag["Value"] for tag in tags})
        return full

    def remove(self, kind: str, name: str, arn: str) -> None:
        with self.store.lock:
            self.store.remove(kind, name)
            self.store.set_tags(arn, {})

    def touch(self, record: Record, **changes: Any) -> None:
        """Change a record and its LastModifiedTime."""
        with self.store.lock:
            record.update(changes, LastModifiedTime=self.clock())


def name_of(reference: str) -> str:
    """The name in an ARN, or the name itself."""
    return reference.split(":", 5)[5].split("/", 1)[1] if reference.startswith("arn:") else reference
