"""Inference components: what is refused, and what the records say."""

from typing import Any

import pytest

from local_aws.common.errors import ApiError
from local_aws.common.store import Record
from unit.sagemaker.conftest import ROLE, Api

SCALING = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2}


def variant(**members: Any) -> dict[str, Any]:
    return {"VariantName": "a", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1, **members}


def hosting(api: Api) -> Record:
    """An endpoint for components, and two models."""
    for name in ("m", "n"):
        api.model(name)
    variants = [variant(ManagedInstanceScaling=SCALING)]
    api("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=variants, ExecutionRoleArn=ROLE)
    return api.endpoint("e", "c")


def create(api: Api, **members: Any) -> dict[str, Any]:
    request = {
        "InferenceComponentName": "e",
        "EndpointName": "e",
        "VariantName": "a",
        "Specification": {"ModelName": "m", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024}},
        "RuntimeConfig": {"CopyCount": 1},
    }
    return api("CreateInferenceComponent", **(request | members))


def running(api: Api, **members: Any) -> Record:
    create(api, **members)
    record = api.store.get("inference-component", "e")
    assert record is not None
    record["InferenceComponentStatus"] = "InService"
    return record


def refused(api: Api, message: str, operation: str, **request: Any) -> None:
    with pytest.raises(ApiError, match=message):
        api(operation, **request)


def test_a_component_is_created_shown_changed_and_listed(api: Api) -> None:
    hosting(api)
    record = running(api)
    shown = api("DescribeInferenceComponent", InferenceComponentName="e")
    assert shown["RuntimeConfig"] == {"DesiredCopyCount": 1, "CurrentCopyCount": 0}
    api("UpdateInferenceComponentRuntimeConfig", InferenceComponentName="e", DesiredRuntimeConfig={"CopyCount": 0})
    record["InferenceComponentStatus"] = "InService"
    specification = {"ModelName": "n", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024}}
    api("UpdateInferenceComponent", InferenceComponentName="e", Specification=specification)
    assert api.plane.components.calls == [("create", "e"), ("scale", "0"), ("update", "n")]  # type: ignore[attr-defined]
    names = [each["InferenceComponentName"] for each in api("ListInferenceComponents")["InferenceComponents"]]
    assert names == ["e"]
    assert api("ListInferenceComponents", EndpointNameEquals="other")["InferenceComponents"] == []


def test_a_component_begins_with_a_copy(api: Api) -> None:
    hosting(api)
    with pytest.raises(ApiError, match="copy count an integer larger than 0"):
        create(api, RuntimeConfig={"CopyCount": 0})


def test_there_are_no_more_copies_than_instances(api: Api) -> None:
    hosting(api)
    running(api)
    wanted = {"CopyCount": 3}
    refused(
        api,
        "not enough hardware resources",
        "UpdateInferenceComponentRuntimeConfig",
        InferenceComponentName="e",
        DesiredRuntimeConfig=wanted,
    )


def test_a_component_that_is_changing_is_left_alone(api: Api) -> None:
    hosting(api)
    create(api)
    refused(api, "in state Creating", "DeleteInferenceComponent", InferenceComponentName="e")
    wanted = {"CopyCount": 1}
    refused(
        api,
        "in state Creating",
        "UpdateInferenceComponentRuntimeConfig",
        InferenceComponentName="e",
        DesiredRuntimeConfig=wanted,
    )


def test_a_rollouts_alarms_must_be_there(api: Api) -> None:
    hosting(api)
    running(api)
    deployment = {
        "RollingUpdatePolicy": {"MaximumBatchSize": {"Type": "COPY_COUNT", "Value": 1}, "WaitIntervalInSeconds": 0},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "unknown"}]},
    }
    refused(api, "Could not find", "UpdateInferenceComponent", InferenceComponentName="e", DeploymentConfig=deployment)


@pytest.mark.parametrize(
    ("members", "role", "message"),
    [
        ({"ManagedInstanceScaling": SCALING, "ModelName": "m"}, None, "only supported for inference component"),
        ({"ManagedInstanceScaling": SCALING}, None, "ExecutionRoleArn is required"),
        ({"ManagedInstanceScaling": {**SCALING, "MinInstanceCount": 9}}, ROLE, "must not be larger"),
    ],
)
def test_a_configuration_for_components_is_checked(
    api: Api, members: dict[str, Any], role: str | None, message: str
) -> None:
    api.model("m")
    with_role = {"ExecutionRoleArn": role} if role else {}
    variants = [variant(**members)]
    refused(api, message, "CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=variants, **with_role)


def test_a_region_may_keep_an_instance(api: Api) -> None:
    api.region = "eu-west-3"
    request = {"ProductionVariants": [variant(ManagedInstanceScaling=SCALING)], "ExecutionRoleArn": ROLE}
    refused(api, "needs to be greater than 0", "CreateEndpointConfig", EndpointConfigName="c", **request)
