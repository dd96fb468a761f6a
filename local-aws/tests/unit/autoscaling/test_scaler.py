"""What scales, on fakes of SageMaker's API and of CloudWatch's alarms and metrics."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws.autoscaling import resources, scaler, tracking
from local_aws.autoscaling.resources import Capacity
from local_aws.autoscaling.service import AutoScaling
from local_aws.common.store import Store

TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "inference-component/x",
    "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
}
METRIC = {"PredefinedMetricType": "SageMakerInferenceComponentInvocationsPerCopy"}
TRACKING = {"TargetValue": 10.0, "PredefinedMetricSpecification": METRIC, "ScaleInCooldown": 600}
STEP = {
    "AdjustmentType": "ChangeInCapacity",
    "Cooldown": 900,
    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
}


class World:
    """A component with copies, a clock, requests by copy a minute, and the alarm that wakes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.copies, self.busy, self.rings = 1_000_000.0, 1, False, False
        self.requests: list[float | None] = [5.0] * tracking.PERIODS_IN
        self.service = AutoScaling()
        self.service.store = Store(lambda: ("000000000000", "us-east-1"))
        self.scaler = scaler.Scaler(self.service, None, now=lambda: self.now)  # type: ignore[arg-type]
        monkeypatch.setattr(resources, "capacity", lambda plane, target: Capacity(self.copies, self.busy))
        monkeypatch.setattr(resources, "scale", self._scale)
        monkeypatch.setattr(scaler.alarm_datapoints, "series", lambda *_, **__: self.requests)
        monkeypatch.setattr(scaler.scope, "within", self._within)
        monkeypatch.setattr(self.scaler, "_breach", lambda arn: 0.0 if self.rings else None)
        self.service.call("RegisterScalableTarget", {**TARGET, "MinCapacity": 0, "MaxCapacity": 2})
        for name, kind in (("t", {"TargetTracking": TRACKING}), ("w", {"Step": STEP})):
            [(what, configuration)] = kind.items()
            policy = {f"{what}ScalingPolicyConfiguration": configuration, "PolicyType": f"{what}Scaling"}
            self.service.call("PutScalingPolicy", {**TARGET, "PolicyName": name, **policy})

    def look(self, *, after: float = 60.0) -> int:
        self.now += after
        self.scaler.look()
        return self.copies

    def activities(self) -> list[str]:
        answer = self.service.call("DescribeScalingActivities", {"ServiceNamespace": "sagemaker"})
        return [f"{each['Description']} {each['StatusCode']}" for each in answer["ScalingActivities"]]

    def _scale(self, plane: Any, target: Any, wanted: int) -> None:
        self.copies = wanted

    @contextlib.contextmanager
    def _within(self, owner: Any) -> Iterator[None]:
        yield


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_it_sleeps_when_nobody_calls_and_wakes_once(world: World) -> None:
    assert world.look() == 1
    world.requests = [0.0] * tracking.PERIODS_IN
    assert world.look() == 0
    assert world.look() == 0
    world.rings = True
    assert world.look() == 1
    world.requests = [None] * tracking.PERIODS_IN
    # The alarm rings on: what the first step started may take as long as its cooldown.
    assert world.look() == 1
    assert world.activities()[:1] == ["Setting desired copy count to 1. Successful"]


def test_what_is_changing_is_not_scaled(world: World) -> None:
    world.look()
    world.busy, world.requests = True, [0.0] * tracking.PERIODS_IN
    assert world.look() == 1
    world.busy = False
    assert world.look() == 0


def test_it_never_leaves_its_limits(world: World) -> None:
    world.requests = [90.0] * tracking.PERIODS_IN
    assert world.look() == 2


def test_a_scheduled_action_moves_the_limits_and_the_capacity(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local_aws.autoscaling.service.time.time", lambda: world.now)
    for name, minutes, low, high in (("night", 10, 0, 0), ("day", 20, 2, 2)):
        limits = {"MinCapacity": low, "MaxCapacity": high}
        schedule = f"rate({minutes} minutes)"
        action = {"ScheduledActionName": name, "Schedule": schedule, "ScalableTargetAction": limits}
        world.service.call("PutScheduledAction", {**TARGET, **action})
    assert world.look() == 1
    assert world.look(after=600) == 0
    world.rings = True
    assert world.look() == 0  # the night's limit holds, whoever asks
    world.service.call("DeleteScheduledAction", {**TARGET, "ScheduledActionName": "night"})
    assert world.look(after=600) == 2
    answer = world.service.call("DescribeScheduledActions", {"ServiceNamespace": "sagemaker"})
    assert [action["ScheduledActionName"] for action in answer["ScheduledActions"]] == ["day"]
