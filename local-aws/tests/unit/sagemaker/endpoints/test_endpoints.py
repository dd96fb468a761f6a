"""Tests endpoints and their runtime, with fake containers that start no processes."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_aws.common.errors import ApiError
from local_aws.common.store import Record
from local_aws.containers import ContainerFailure, ContainerResponse, ContainerTimeout, ContainerUnavailable
from local_aws.sagemaker.components.components import Components
from local_aws.sagemaker.endpoints.endpoints import Endpoints
from local_aws.sagemaker.endpoints.fleet import Variant
from local_aws.sagemaker.endpoints.runtime import Runtime, endpoint_name
from unit.sagemaker.conftest import Api


class FakeContainer:
    """Answers with the image of its model; `answer` may raise."""

    pid = 1

    def __init__(self, image: str) -> None:
        self.image = image
        self.running = False
        self.answer: Callable[[], ContainerResponse] = lambda: ContainerResponse(200, {}, image.encode())

    @property
    def healthy(self) -> bool:
        return self.running

    def start(self, *, timeout: float) -> None:
        if self.image == "broken":
            raise ContainerFailure("it does not load")
        self.running = True

    def invoke(self, *, body: bytes, headers: dict[str, str], timeout: float) -> ContainerResponse:
        if not self.running:
            raise ContainerUnavailable("not running")
        return self.answer()

    def stop(self) -> None:
        self.running = False


class Local:
    """A control plane whose endpoints run on fake containers."""

    def __init__(self, api: Api, folder: Path) -> None:
        self.api = api
        self.containers: list[FakeContainer] = []
        self.alarms: dict[str, str] = {"alarm": "OK"}
        self.metrics: list[dict[str, tuple[float, str]]] = []
        self.endpoints = Endpoints(
            api.store,
            lambda kind, record, arn: None,
            workdir=folder,
            make=self._make,
            put_captured=lambda model, bucket, key, body, key_id: None,
            alarm_states=self._states,
        )
        api.plane.endpoints = self.endpoints
        self.components = Components(api.store, workdir=folder, make=self._make, alarm_states=self._states)
        api.plane.components = self.components
        self.runtime = Runtime(
            self.endpoints, self.components, lambda *found: self.metrics.append(found[2]), api.store.scope
        )

    def config(self, name: str, image: str) -> None:
        request = {"ModelName": name, "ExecutionRoleArn": "arn:aws:iam::000000000000:role/sagemaker-tests"}
        self.api("CreateModel", **request, PrimaryContainer={"Image": image})
        variant = {"VariantName": "a", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
        self.api("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[variant])

    def settled(self, *, but: tuple[str, ...] = ()) -> Record:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            record = self.api("DescribeEndpoint", EndpointName="e")
            if record["EndpointStatus"] in ("InService", "Failed", *but):
                return record
            time.sleep(0.01)
        raise AssertionError(record)

    def ask(self, **headers: str) -> bytes:
        return self.runtime.invoke("e", headers, b"{}")[2]

    def _make(self, endpoint: str, variant: Variant, definition: dict[str, Any], folder: Path) -> FakeContainer:
        self.containers.append(FakeContainer(definition["Image"]))
        return self.containers[-1]

    def _states(self, names: Iterable[str]) -> dict[str, str | None]:
        return {name: self.alarms.get(name) for name in names}


@pytest.fixture
def local(api: Api, tmp_path: Path) -> Local:
    result = Local(api, tmp_path)
    for name, image in (("one", "first"), ("two", "second"), ("bad", "broken")):
        result.config(name, image)
    return result


def deployment(wait: int) -> dict[str, Any]:
    routing = {"Type": "CANARY", "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50}, "WaitIntervalInSeconds": wait}
    return {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "alarm"}]},
    }


def test_an_update_replaces_the_containers(local: Local) -> None:
    local.api("CreateEndpoint", EndpointName="e", EndpointConfigName="one")
    assert local.settled()["EndpointStatus"] == "InService"
    assert local.ask() == b"first"
    local.api("UpdateEndpoint", EndpointName="e", EndpointConfigName="two")
    assert local.settled()["EndpointConfigName"] == "two"
    assert local.ask() == b"second"
    assert [container.running for container in local.containers] == [False, True]


def test_a_failed_creation_can_only_be_deleted(local: Local) -> None:
    local.api("CreateEndpoint", EndpointName="e", EndpointConfigName="bad")
    record = local.settled()
    assert (record["EndpointStatus"], record["FailureReason"]) == ("Failed", "it does not load")
    with pytest.raises(ApiError, match="in Failed status"):
        local.api("UpdateEndpoint", EndpointName="e", EndpointConfigName="one")


def test_a_failed_update_leaves_the_old_configuration(local: Local) -> None:
    local.api("CreateEndpoint", EndpointName="e", EndpointConfigName="one")
    local.settled()
    local.api("UpdateEndpoint", EndpointName="e", EndpointConfigName="bad")
    record = local.settled()
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", "one")
    assert local.ask() == b"first"
    local.api("DeleteEndpointConfig", EndpointConfigName="bad")


def test_an_alarm_that_is_on_rolls_the_update_back(local: Local) -> None:
    local.api("CreateEndpoint", EndpointName="e", EndpointConfigName="one")
    local.settled()
    local.alarms["alarm"] = "ALARM"
    local.api("UpdateEndpoint", EndpointName="e", EndpointConfigName="two", DeploymentConfig=deployment(60))
    record = local.settled()
    assert record["EndpointConfigName"] == "one"
    assert "the alarms alarm went to ALARM" in record["FailureReason"]
    assert [container.running for container in local.containers] == [True, False]


def test_an_accident_during_an_update_leaves_the_old_fleet_alone(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    local.api("CreateEndpoint", EndpointName="e", EndpointConfigName="one")
    local.settled()

    def broken(names: Iterable[str]) -> dict[str, str | None]:
        raise RuntimeError("no alarms")

    broken_ones = replace(local.endpoints._deployments, alarm_states=broken)
    monkeypatch.setattr(local.endpoints, "_deployments", broken_ones)
    monkeypatch.setattr(local.endpoints, "missing_alarms", lambda names: [])
    local.api("UpdateEndpoint", EndpointName="e", EndpointConfigName="two")
    record = local.settled()
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", "one")
    assert record["FailureReason"] == "InternalServerError: no alarms"
    assert [container.running for container in local.containers] == [True, False]


def test_a_restart_settles_what_was_under_way(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local_aws.common.clients.await_gateway", lambda: None)
    store = local.api.store
    local.api("CreateEndpoint", EndpointName="e", EndpointConfigName="one")
    local.settled()
    result = store.get("endpoint", "e")
    assert result is not None
    for name, status in (("created", "Creating"), ("deleted", "Deleting")):
        store.put("endpoint", name, {**result, "EndpointName": name, "EndpointStatus": status})
    result.update(EndpointStatus="Updating", PendingConfigName="two")
    local.endpoints.forget_all()
    local.endpoints.recover()
    assert local.settled()["EndpointConfigName"] == "one"
    assert local.ask() == b"first"
    assert local.api("DescribeEndpoint", EndpointName="created")["EndpointStatus"] == "Failed"
    assert store.get("endpoint", "deleted") is None


def test_the_runtimes_errors(local: Local) -> None:
    with pytest.raises(ApiError, match="Endpoint e of account 000000000000 not found"):
        local.ask()
    local.api("CreateEndpoint", EndpointName="e", EndpointConfigName="one")
    local.settled()
    (container,) = local.containers

    def slow() -> ContainerResponse:
        raise ContainerTimeout("too slow")

    container.answer = slow
    with pytest.raises(ApiError) as raised:
        local.ask()
    assert (raised.value.code, raised.value.status) == ("ModelError", 424)
    assert raised.value.extra["OriginalStatusCode"] == 0
    container.answer = lambda: ContainerResponse(500, {}, b"oops")
    with pytest.raises(ApiError, match=r'Received server error \(500\) from primary with message "oops"'):
        local.ask()
    container.running = False
    with pytest.raises(ApiError) as raised:
        local.ask()
    assert (raised.value.code, raised.value.status) == ("ServiceUnavailable", 503)
    errors = [metrics["Invocation5XXErrors"][0] for metrics in local.metrics]
    assert errors == [1.0, 1.0, 1.0]
    assert local.metrics[0]["InvocationsPerInstance"] == (0.5, "None")


def test_a_request_for_a_fleet_that_has_just_gone_is_answered_by_its_successor(local: Local) -> None:
    local.api("CreateEndpoint", EndpointName="e", EndpointConfigName="one")
    local.settled()
    replaced = threading.Event()

    def gone() -> ContainerResponse:
        local.api("UpdateEndpoint", EndpointName="e", EndpointConfigName="two")
        local.settled()
        replaced.set()
        raise ContainerUnavailable("stopped")

    local.containers[0].answer = gone
    assert local.ask() == b"second"
    assert replaced.is_set()


def test_the_runtimes_path() -> None:
    assert endpoint_name("POST", "/endpoints/my-endpoint/invocations") == "my-endpoint"
    assert endpoint_name("GET", "/endpoints/my-endpoint/invocations") is None
    assert endpoint_name("POST", "/") is None


COMPONENT = "x-amzn-sagemaker-inference-component"


def hosted(local: Local) -> None:
    """An endpoint without a model, and a component on it with the model `one`."""
    role = "arn:aws:iam::000000000000:role/sagemaker-tests"
    scaling = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2}
    variant = {"VariantName": "a", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    variants = [variant | {"ManagedInstanceScaling": scaling}]
    local.api("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=variants, ExecutionRoleArn=role)
    local.api("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    local.settled()
    local.api(
        "CreateInferenceComponent",
        InferenceComponentName="e",
        EndpointName="e",
        VariantName="a",
        Specification=specified("one"),
        RuntimeConfig={"CopyCount": 1},
    )


def specified(model: str) -> dict[str, Any]:
    return {"ModelName": model, "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024}}


def component(local: Local) -> Record:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        record = local.api("DescribeInferenceComponent", InferenceComponentName="e")
        if record["InferenceComponentStatus"] in ("InService", "Failed"):
            return record
        time.sleep(0.01)
    raise AssertionError(record)


def scaled(local: Local, copies: int) -> Record:
    wanted = {"CopyCount": copies}
    local.api("UpdateInferenceComponentRuntimeConfig", InferenceComponentName="e", DesiredRuntimeConfig=wanted)
    return component(local)


def test_a_component_sleeps_and_wakes(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_AWS_INSTANCE_SECONDS", "0.01")
    hosted(local)
    assert component(local)["RuntimeConfig"] == {"DesiredCopyCount": 1, "CurrentCopyCount": 1}
    assert local.ask(**{COMPONENT: "e"}) == b"first"
    assert scaled(local, 0)["RuntimeConfig"]["CurrentCopyCount"] == 0
    assert not any(container.running for container in local.containers)
    assert local.api("DescribeEndpoint", EndpointName="e")["ProductionVariants"][0]["CurrentInstanceCount"] == 0
    with pytest.raises(ApiError, match="has no capacity to process this request") as refused:
        local.ask(**{COMPONENT: "e"})
    assert (refused.value.code, refused.value.status) == ("ValidationError", 400)
    assert local.metrics[-1] == {"NoCapacityInvocationFailures": (1.0, "None")}
    scaled(local, 1)
    assert local.ask(**{COMPONENT: "e"}) == b"first"
    assert "InvocationsPerCopy" in local.metrics[-1]


def test_a_component_is_named_in_each_request(local: Local) -> None:
    hosted(local)
    component(local)
    for headers in ({}, {COMPONENT: "other"}):
        with pytest.raises(ApiError, match="Inference Component"):
            local.ask(**headers)


def test_a_components_rollout_is_taken_back_by_an_alarm(local: Local) -> None:
    hosted(local)
    component(local)
    batch = {"MaximumBatchSize": {"Type": "COPY_COUNT", "Value": 1}, "WaitIntervalInSeconds": 0}
    alarms = {"Alarms": [{"AlarmName": "alarm"}]}
    deployment = {"RollingUpdatePolicy": batch, "AutoRollbackConfiguration": alarms}
    request = {"InferenceComponentName": "e", "Specification": specified("two"), "DeploymentConfig": deployment}
    local.alarms["alarm"] = "ALARM"
    local.api("UpdateInferenceComponent", **request)
    record = component(local)
    assert record["Specification"]["ModelName"] == "one" and "rolled back" in record["FailureReason"]
    assert local.ask(**{COMPONENT: "e"}) == b"first"
    local.alarms["alarm"] = "OK"
    local.api("UpdateInferenceComponent", **request)
    assert component(local)["Specification"]["ModelName"] == "two"
    assert local.ask(**{COMPONENT: "e"}) == b"second"


def test_a_component_whose_model_does_not_start_keeps_the_one_before(local: Local) -> None:
    hosted(local)
    component(local)
    local.api("UpdateInferenceComponent", InferenceComponentName="e", Specification=specified("bad"))
    assert component(local)["Specification"]["ModelName"] == "one"
    assert local.ask(**{COMPONENT: "e"}) == b"first"
