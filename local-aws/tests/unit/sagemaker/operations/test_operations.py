"""Tests the rules of the control plane."""

from typing import Any

import pytest

from local_aws.common.errors import ApiError
from unit.sagemaker.conftest import ROLE, Api

ALGORITHM = {"TrainingImage": "image", "TrainingInputMode": "File"}


def job(name: str, **members: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": ALGORITHM,
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **members,
    }


def refusal(api: Api, operation: str, **request: Any) -> ApiError:
    with pytest.raises(ApiError) as raised:
        api(operation, **request)
    return raised.value


def test_an_unknown_operation(api: Api) -> None:
    assert refusal(api, "CreateDomain").code == "UnknownOperationException"


def test_requests_are_held_against_the_services_model(api: Api) -> None:
    missing = refusal(api, "CreateModel", ModelName="a")
    assert missing.code == "ValidationException"
    too_long = refusal(api, "DescribeModel", ModelName="a" * 64)
    assert "at 'modelName' failed to satisfy constraint: Member must have length less than or equal to 63" in str(
        too_long
    )
    kind = refusal(api, "ListModels", SortBy="Size")
    assert "Member must satisfy enum value set: [Name, CreationTime]" in str(kind)
    nested = refusal(
        api, "CreateModel", ModelName="a", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "a", "Mode": "Both"}
    )
    assert "'primaryContainer.mode'" in str(nested)


def test_answers_have_the_members_of_their_shape_and_are_copies(api: Api) -> None:
    assert set(api.model("one")) == {"ModelArn"}
    described = api("DescribeModel", ModelName="one")
    described["PrimaryContainer"]["Image"] = "changed"
    assert api("DescribeModel", ModelName="one")["PrimaryContainer"]["Image"] == "image"


def test_regions_are_apart(api: Api) -> None:
    api.model("one")
    api.region = "eu-west-1"
    missing = refusal(api, "DescribeModel", ModelName="one")
    assert str(missing) == 'Could not find model "arn:aws:sagemaker:eu-west-1:000000000000:model/one".'


def test_lists_are_filtered_ordered_and_paged(api: Api) -> None:
    for name in ("b-1", "a-2", "c-1"):
        api.model(name)
    by_time = api("ListModels")["Models"]
    assert [item["ModelName"] for item in by_time] == ["c-1", "a-2", "b-1"]
    by_name = api("ListModels", SortBy="Name", SortOrder="Ascending", NameContains="1")["Models"]
    assert [item["ModelName"] for item in by_name] == ["b-1", "c-1"]
    later = api("ListModels", CreationTimeAfter=by_time[1]["CreationTime"])["Models"]
    assert [item["ModelName"] for item in later] == ["c-1"]
    first = api("ListModels", MaxResults=2)
    rest = api("ListModels", MaxResults=2, NextToken=first["NextToken"])
    assert ([item["ModelName"] for item in rest["Models"]], "NextToken" in rest) == (["b-1"], False)
    assert "token" in str(refusal(api, "ListModels", NextToken="nonsense"))


def test_serverless_configurations_are_held_to_their_limits(api: Api) -> None:
    api.model("one")
    serverless = {
        "VariantName": "a",
        "ModelName": "one",
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    }
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 10,
        "DestinationS3Uri": "s3://b/c",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    create = {"EndpointConfigName": "c", "ProductionVariants": [serverless]}
    assert "Data capture is not supported" in str(
        refusal(api, "CreateEndpointConfig", **create, DataCaptureConfig=capture)
    )
    mixed = [{**serverless, "InstanceType": "ml.m5.large"}]
    assert "cannot be specified" in str(refusal(api, "CreateEndpointConfig", **{**create, "ProductionVariants": mixed}))
    api("CreateEndpointConfig", **create)
    api.config("instances", "one")
    api.endpoint("e", "instances")
    assert "serverless" in str(refusal(api, "UpdateEndpoint", EndpointName="e", EndpointConfigName="c"))


def test_a_busy_endpoint_cannot_be_changed(api: Api) -> None:
    api.model("one")
    api.config("c", "one")
    api.endpoint("e", "c")
    api("UpdateEndpoint", EndpointName="e", EndpointConfigName="c")
    for operation, request in (("UpdateEndpoint", {"EndpointConfigName": "c"}), ("DeleteEndpoint", {})):
        refused = refusal(api, operation, EndpointName="e", **request)
        assert str(refused).startswith("Cannot update in-progress endpoint")


def test_a_configuration_in_use_or_on_its_way_is_kept(api: Api) -> None:
    api.model("one")
    for name in ("old", "new", "free"):
        api.config(name, "one")
    api.endpoint("e", "old")
    api("UpdateEndpoint", EndpointName="e", EndpointConfigName="new")
    for name in ("old", "new"):
        assert "in use by the endpoint" in str(refusal(api, "DeleteEndpointConfig", EndpointConfigName=name))
    api("DeleteEndpointConfig", EndpointConfigName="free")


def test_guardrails_need_the_same_variants_and_their_alarms(api: Api) -> None:
    for name in ("one", "two"):
        api.model(name)
    api.config("old", "one")
    api.config("new", "two")
    api.endpoint("e", "old")
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    deployment: dict[str, Any] = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    update = {"EndpointName": "e", "DeploymentConfig": deployment}
    assert "same variant names" in str(refusal(api, "UpdateEndpoint", **update, EndpointConfigName="new"))
    deployment["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": "known"}, {"AlarmName": "unknown"}]}
    missing = refusal(api, "UpdateEndpoint", **update, EndpointConfigName="old")
    assert str(missing).endswith(": unknown")


def test_training_jobs(api: Api) -> None:
    api("CreateTrainingJob", **job("one"))
    assert api.jobs.started == ["one"]
    assert refusal(api, "CreateTrainingJob", **job("one")).code == "ResourceInUse"
    assert refusal(api, "DeleteTrainingJob", TrainingJobName="one").code == "ResourceInUse"
    api("StopTrainingJob", TrainingJobName="one")
    api("StopTrainingJob", TrainingJobName="one")
    assert api.jobs.stopped == ["one"]
    assert api("DescribeTrainingJob", TrainingJobName="one")["TrainingJobStatus"] == "Stopping"
    assert [kind for kind, _ in api.published] == ["SageMaker Training Job State Change"] * 2
    assert str(refusal(api, "DescribeTrainingJob", TrainingJobName="two")) == "Requested resource not found."
    spot = job("spot", EnableManagedSpotTraining=True)
    assert "MaxWaitTimeInSeconds" in str(refusal(api, "CreateTrainingJob", **spot))


def test_tags_go_with_their_resource(api: Api) -> None:
    tags = [{"Key": "a", "Value": "1"}]
    request = {"ModelName": "one", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "image"}, "Tags": tags}
    arn = api("CreateModel", **request)["ModelArn"]
    assert api("ListTags", ResourceArn=arn)["Tags"] == tags
    api("DeleteModel", ModelName="one")
    api.model("one")
    assert api("ListTags", ResourceArn=arn)["Tags"] == []


def test_a_store_survives_its_dump(api: Api) -> None:
    api.model("one")
    saved = api.store.dump()
    api.store.clear()
    assert api("ListModels")["Models"] == []
    api.store.load(saved)
    assert [item["ModelName"] for item in api("ListModels")["Models"]] == ["one"]
