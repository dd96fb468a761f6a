"""The control plane: the data that its operations use and the services they call, all testable without MiniStack."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from local_aws.common.store import Record, Store
from local_aws.sagemaker.access import ExecutionRoles


class Jobs(Protocol):
    """Run training jobs, transform jobs or Inference Recommender jobs."""

    def start(self, record: Record) -> None:
        """Start the job of a record that has just been stored; returns immediately."""

    def stop(self, record: Record) -> None:
        """Ask a running job to end; returns immediately."""


class Endpoints(Protocol):
    """Run endpoints. Each call returns immediately; the record's EndpointStatus shows the progress."""

    def create(self, record: Record) -> None: ...

    def update(self, record: Record, config: Record, *, request: dict[str, Any]) -> None: ...

    def reweigh(self, record: Record) -> None: ...

    def delete(self, record: Record) -> None: ...

    def missing_alarms(self, names: list[str]) -> list[str]:
        """Return the given CloudWatch alarms that do not exist."""


class Components(Protocol):
    """Run inference components. Each call returns immediately; InferenceComponentStatus shows the progress."""

    def create(self, record: Record) -> None: ...

    def update(self, record: Record, specification: dict[str, Any]) -> None: ...

    def scale(self, record: Record) -> None: ...

    def delete(self, record: Record) -> None: ...


@dataclass
class Plane:
    """The control plane. `publish(detail type, record, ARN)` reports a state change to EventBridge.

    `quota` returns the account's value for one of SageMaker's quotas by its name, or None if there is no such quota.
    """

    store: Store
    jobs: Jobs
    transforms: Jobs
    endpoints: Endpoints
    components: Components
    recommendations: Jobs
    publish: Callable[[str, Record, str], None]
    roles: ExecutionRoles
    clock: Callable[[], float] = field(default=time.time)
    quota: Callable[[str], float | None] = field(default=lambda name: None)

    def create(
        self, kind: str, name: str, record: Record, *, arn_member: str, tags: list[dict[str, str]] | None
    ) -> Record:
        """Store a new record with its tags (under its ARN) and its times."""
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
    """Return the name in an ARN, or the name itself."""
    return reference.split(":", 5)[5].split("/", 1)[1] if reference.startswith("arn:") else reference
