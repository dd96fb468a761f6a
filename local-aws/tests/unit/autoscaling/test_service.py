"""Application Auto Scaling records targets and policies."""

import pytest

from local_aws.autoscaling.service import AutoScaling
from local_aws.common.errors import ApiError
from local_aws.common.store import Store

TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/e/variant/a",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
POLICY = {
    **TARGET,
    "PolicyName": "p",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0},
}


@pytest.fixture
def autoscaling() -> AutoScaling:
    result = AutoScaling()
    result.store = Store(lambda: ("000000000000", "us-east-1"))
    return result


def test_a_target_is_registered_changed_and_gone_with_its_policies(autoscaling: AutoScaling) -> None:
    arn = autoscaling.call("RegisterScalableTarget", {**TARGET, "MinCapacity": 1, "MaxCapacity": 2})[
        "ScalableTargetARN"
    ]
    again = autoscaling.call("RegisterScalableTarget", {**TARGET, "MaxCapacity": 4})
    assert again["ScalableTargetARN"] == arn
    (target,) = autoscaling.call("DescribeScalableTargets", {"ServiceNamespace": "sagemaker"})["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    first = autoscaling.call("PutScalingPolicy", POLICY)
    assert first == {**autoscaling.call("PutScalingPolicy", POLICY)}
    autoscaling.call("DeregisterScalableTarget", TARGET)
    assert autoscaling.call("DescribeScalingPolicies", {"ServiceNamespace": "sagemaker"})["ScalingPolicies"] == []


def test_what_is_not_there_is_an_error(autoscaling: AutoScaling) -> None:
    for operation, request in (("PutScalingPolicy", POLICY), ("DeregisterScalableTarget", TARGET)):
        with pytest.raises(ApiError, match="No scalable target registered") as raised:
            autoscaling.call(operation, request)
        assert raised.value.code == "ObjectNotFoundException"
    with pytest.raises(ApiError, match="Maximum capacity cannot be less"):
        autoscaling.call("RegisterScalableTarget", {**TARGET, "MinCapacity": 2, "MaxCapacity": 1})
    with pytest.raises(ApiError, match="MinCapacity and MaxCapacity are required"):
        autoscaling.call("RegisterScalableTarget", TARGET)
