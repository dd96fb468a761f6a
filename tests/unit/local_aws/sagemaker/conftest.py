"""A control plane without MiniStack and without processes."""

from typing import Any

import pytest

from local_aws.server.sagemaker.errors import validation
from local_aws.server.sagemaker.operations import call
from local_aws.server.sagemaker.plane import Plane
from local_aws.server.sagemaker.store import Record, Store

ROLE = "arn:aws:iam::000000000000:role/sagemaker-tests"


class FakeJobs:
    """Remembers what was asked of it; `name` is the member with a job's name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.started: list[str] = []
        self.stopped: list[str] = []

    def start(self, record: Record) -> None:
        self.started.append(record[self._name])

    def stop(self, record: Record) -> None:
        self.stopped.append(record[self._name])


class FakeRecommendations(FakeJobs):
    """Of roles it knows one."""

    def check_role(self, arn: str) -> None:
        if arn != ROLE:
            raise validation(f"Provided role ARN {arn} cannot be assumed.")


class FakeEndpoints:
    """Leaves records as they are, but for `settle`."""

    alarms: tuple[str, ...] = ("known",)

    def create(self, record: Record) -> None:
        pass

    def update(self, record: Record, config: Record, *, request: dict[str, Any]) -> None:
        pass

    def reweigh(self, record: Record) -> None:
        pass

    def delete(self, record: Record) -> None:
        pass

    def missing_alarms(self, names: list[str]) -> list[str]:
        return [name for name in names if name not in self.alarms]


class Api:
    """Operations on a plane whose clock moves by a second at each look."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.published: list[tuple[str, str]] = []
        self.jobs = FakeJobs("TrainingJobName")
        self.transforms = FakeJobs("TransformJobName")
        self.endpoints = FakeEndpoints()
        self.recommendations = FakeRecommendations("JobName")
        self.region = "us-east-1"
        self.store = Store(lambda: ("000000000000", self.region))
        self.plane = Plane(
            self.store,
            self.jobs,
            self.transforms,
            self.endpoints,
            self.recommendations,
            self._publish,
            clock=self._clock,
        )

    def __call__(self, operation: str, **request: Any) -> dict[str, Any]:
        return call(self.plane, operation, request)

    def model(self, name: str) -> dict[str, Any]:
        return self("CreateModel", ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "image"})

    def config(self, name: str, *models: str, **members: Any) -> dict[str, Any]:
        """A variant for each model, named like it."""
        variants = [
            {"VariantName": model, "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
            for model in models
        ]
        return self("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=variants, **members)

    def endpoint(self, name: str, config: str) -> Record:
        """One in service."""
        self("CreateEndpoint", EndpointName=name, EndpointConfigName=config)
        record = self.store.get("endpoint", name)
        assert record is not None
        record["EndpointStatus"] = "InService"
        return record

    def _publish(self, detail_type: str, record: Record, arn: str) -> None:
        del record
        self.published.append((detail_type, arn))

    def _clock(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def api() -> Api:
    return Api()
