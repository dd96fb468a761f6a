"""Jobs and endpoints that run at once stay within the account's quotas, as on SageMaker."""

from typing import Any

import pytest

from local_aws.common.errors import ApiError
from unit.sagemaker.conftest import Api
from unit.sagemaker.operations.test_operations import job, refusal

TYPE = "ml.m5.large"


@pytest.fixture
def limited(api: Api) -> Api:
    """An account with room for two training instances, one of spot, three of endpoints and none for transforms."""
    quotas: dict[str, float | None] = {
        f"{TYPE} for training job usage": 2,
        f"{TYPE} for spot training job usage": 1,
        f"{TYPE} for endpoint usage": 3,
        f"{TYPE} for transform job usage": 0,
    }
    api.plane.quota = quotas.get
    return api


def refused(api: Api, operation: str, **request: Any) -> str:
    error: ApiError = refusal(api, operation, **request)
    assert error.code == "ResourceLimitExceeded"
    return error.message


def test_training_jobs_share_a_quota_while_they_run(limited: Api) -> None:
    limited("CreateTrainingJob", **job("one"))
    limited("CreateTrainingJob", **job("two"))
    assert refused(limited, "CreateTrainingJob", **job("three")).startswith(
        f"The account-level service limit '{TYPE} for training job usage' is 2 Instances, with current utilization of "
        "2 Instances and a request delta of 1 Instances. Please use AWS Service Quotas to request an increase for this"
    )
    ended = limited.store.get("training-job", "one")
    assert ended is not None
    ended["TrainingJobStatus"] = "Completed"
    limited("CreateTrainingJob", **job("three"))


def test_spot_jobs_and_several_instances_count_by_themselves(limited: Api) -> None:
    resources = {"InstanceType": TYPE, "InstanceCount": 2, "VolumeSizeInGB": 5}
    limited("CreateTrainingJob", **job("two-instances", ResourceConfig=resources))
    spot = {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60},
    }
    limited("CreateTrainingJob", **job("spot", **spot))
    assert "spot training job usage' is 1" in refused(limited, "CreateTrainingJob", **job("more", **spot))


def test_an_update_needs_room_for_both_fleets(limited: Api) -> None:
    limited.model("red")
    limited.model("blue")
    limited.config("red", "red")
    limited.endpoint("news", "red")
    limited.config("blue", "blue")
    assert "current utilization of 2 Instances and a request delta of 2" in refused(
        limited, "UpdateEndpoint", EndpointName="news", EndpointConfigName="blue"
    )
    assert "is 3 Instances" in refused(limited, "CreateEndpoint", EndpointName="more", EndpointConfigName="blue")


def test_a_quota_of_none_is_no_limit_and_one_of_0_is_one(limited: Api) -> None:
    limited(
        "CreateTrainingJob",
        **job("large", ResourceConfig={**job("a")["ResourceConfig"], "InstanceType": "ml.m5.xlarge"}),
    )
    limited.model("red")
    request = {
        "TransformJobName": "lines",
        "ModelName": "red",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in"}}},
        "TransformOutput": {"S3OutputPath": "s3://bucket/out"},
        "TransformResources": {"InstanceType": TYPE, "InstanceCount": 1},
    }
    assert "transform job usage' is 0 Instances" in refused(limited, "CreateTransformJob", **request)
