"""A control plane without MiniStack and without processes."""

from typing import Any

import pytest

from local_aws import iam
from local_aws.common.store import Record, Store
from local_aws.iam.access import Documents
from local_aws.iam.principals import Caller
from local_aws.sagemaker.operations import call
from local_aws.sagemaker.plane import Plane

ROLE = "arn:aws:iam::000000000000:role/sagemaker-tests"


class FakeJobs:
    """Records its calls; `name` is the member with a job's name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.started: list[str] = []
        self.stopped: list[str] = []

    def start(self, record: Record) -> None:
        self.started.append(record[self._name])

    def stop(self, record: Record) -> None:
        self.stopped.append(record[self._name])


class FakeEndpoints:
    """Leaves records unchanged, except in `settle`."""

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


class FakeComponents:
    """Records its calls, and leaves records unchanged."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def create(self, record: Record) -> None:
        self.calls.append(("create", record["InferenceComponentName"]))

    def update(self, record: Record, specification: dict[str, Any]) -> None:
        self.calls.append(("update", specification["ModelName"]))

    def scale(self, record: Record) -> None:
        self.calls.append(("scale", str(record["RuntimeConfig"]["DesiredCopyCount"])))

    def delete(self, record: Record) -> None:
        self.calls.append(("delete", record["InferenceComponentName"]))


class FakeS3:
    """Has every object that it is asked for."""

    class meta:  # noqa: N801 (boto3's name)
        region_name = "us-east-1"

    def list_objects_v2(self, **_: Any) -> dict[str, Any]:
        return {"KeyCount": 1}

    def head_object(self, **_: Any) -> dict[str, Any]:
        return {}


class FakeRoles:
    """Roles that may do everything except `denied`; those in `absent` do not exist."""

    def __init__(self) -> None:
        self.denied: list[str] = []
        self.absent: list[str] = []
        self.sources: list[str] = []

    def assume(self, arn: str, *, source_arn: str) -> iam.Role:
        self.sources.append(source_arn)
        if arn in self.absent:
            raise iam.RoleNotAssumableError(arn)
        caller = Caller("000000000000", arn, arn.replace(":role/", ":assumed-role/") + "/SageMaker")
        return iam.Role(caller, Documents(self._identity, lambda: None, lambda resource: None))

    def s3(self, role: iam.Role) -> Any:
        return FakeS3()

    def _identity(self) -> list[dict[str, Any]]:
        statements: list[dict[str, Any]] = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
        if self.denied:
            statements.append({"Effect": "Deny", "Action": self.denied, "Resource": "*"})
        return [{"Statement": statements}]


class Api:
    """Operations on a plane whose clock moves by a second at each look."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.published: list[tuple[str, str]] = []
        self.jobs = FakeJobs("TrainingJobName")
        self.transforms = FakeJobs("TransformJobName")
        self.endpoints = FakeEndpoints()
        self.components = FakeComponents()
        self.recommendations = FakeJobs("JobName")
        self.region = "us-east-1"
        self.store = Store(lambda: ("000000000000", self.region))
        self.roles = FakeRoles()
        self.plane = Plane(
            self.store,
            self.jobs,
            self.transforms,
            self.endpoints,
            self.components,
            self.recommendations,
            self._publish,
            self.roles,
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
