"""Tests the permissions that operations check before they store anything."""

from typing import Any

import pytest

from local_aws.common.errors import ApiError
from unit.sagemaker.conftest import ROLE, Api

GUARDED = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "known"}]}}


def refused(api: Api, operation: str, **request: Any) -> str:
    with pytest.raises(ApiError) as error:
        api(operation, **request)
    assert error.value.code == "ValidationException"
    return error.value.message


def test_a_role_that_cannot_be_assumed_makes_nothing(api: Api) -> None:
    api.model("kept")
    api.roles.absent.append(ROLE)
    model = {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "image"}}
    assert refused(api, "CreateModel", **model).startswith(f'The execution role ARN "{ROLE}" is invalid.')
    assert api.store.get("model", "m") is None
    job: dict[str, Any] = {
        "TransformJobName": "t",
        "ModelName": "kept",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/in"}}},
        "TransformOutput": {"S3OutputPath": "s3://b/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    assert refused(api, "CreateTransformJob", **job).startswith(f"Could not assume role {ROLE}. Please ensure")
    assert api.transforms.started == []


def test_a_model_without_a_role_asks_nobody(api: Api) -> None:
    api.roles.absent.append(ROLE)
    api("CreateModel", ModelName="free", PrimaryContainer={"Image": "image", "ModelDataUrl": "s3://b/m.tar.gz"})
    api.config("free", "free")
    api("CreateEndpoint", EndpointName="free", EndpointConfigName="free", DeploymentConfig=GUARDED)


@pytest.mark.parametrize("denied", ["cloudwatch:DescribeAlarms", "cloudwatch:*"])
def test_alarms_that_may_not_be_described(api: Api, denied: str) -> None:
    api.model("one")
    api.config("one", "one")
    api.config("two", "one")
    api.endpoint("serves", "one")
    api.roles.denied.append(denied)
    created = refused(api, "CreateEndpoint", EndpointName="e", EndpointConfigName="one", DeploymentConfig=GUARDED)
    assert created.endswith("alarm:known with an explicit deny in an identity-based policy")
    updated = {"EndpointName": "serves", "EndpointConfigName": "two"}
    assert "cloudwatch:DescribeAlarms" in refused(api, "UpdateEndpoint", **updated, DeploymentConfig=GUARDED)
    api("UpdateEndpoint", **updated)  # no alarm is watched
