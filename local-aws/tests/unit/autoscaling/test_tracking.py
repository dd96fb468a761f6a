"""What scaling policies ask for, by their metrics."""

from typing import Any

import pytest

from local_aws.autoscaling import tracking

LOW, IDLE = [9.0] * tracking.PERIODS_IN, [0.0] * tracking.PERIODS_IN


@pytest.mark.parametrize(
    ("values", "current", "wanted"),
    [
        ([25.0, 30.0, 21.0], 1, 3),
        ([25.0, 30.0, 10.0], 1, None),
        (IDLE, 2, 0),
        (LOW, 2, None),
        ([3.0] * tracking.PERIODS_IN, 4, 2),
        ([None, *IDLE[1:]], 1, None),
        ([*IDLE[:-1], 10.0], 1, None),
        ([99.0] * 15, 0, None),
    ],
)
def test_target_tracking(values: list[float | None], current: int, wanted: int | None) -> None:
    assert tracking.wanted(values, target=10.0, current=current) == wanted


@pytest.mark.parametrize(
    ("kind", "change", "wanted"),
    [("ChangeInCapacity", 1, 4), ("ExactCapacity", 1, 1), ("PercentChangeInCapacity", 50, 5)],
)
def test_steps(kind: str, change: int, wanted: int) -> None:
    steps = [{"MetricIntervalUpperBound": 0, "ScalingAdjustment": 9}]
    steps += [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": change}]
    policy: dict[str, Any] = {"StepScalingPolicyConfiguration": {"AdjustmentType": kind, "StepAdjustments": steps}}
    assert tracking.stepped(policy, breach=0.0, current=3) == wanted


def test_the_metric_is_the_targets() -> None:
    kind = {"PredefinedMetricType": "SageMakerInferenceComponentInvocationsPerCopy"}
    configuration = {"PredefinedMetricSpecification": kind}
    policy = {"ResourceId": "inference-component/x", "TargetTrackingScalingPolicyConfiguration": configuration}
    assert tracking.metric_of(policy) == {
        "Namespace": "AWS/SageMaker",
        "MetricName": "InvocationsPerCopy",
        "Dimensions": [{"Name": "InferenceComponentName", "Value": "x"}],
    }
