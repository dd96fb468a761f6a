"""Tests the steps of a deployment's configuration, and the routing of requests during them."""

from typing import Any

import pytest

from local_aws.sagemaker.endpoints import rollout, routing


def steps(policy: dict[str, Any], *, instances: int = 1) -> list[tuple[float, float]]:
    result = rollout.plan(policy, instances=instances).steps
    return [(round(step.share, 3), step.wait) for step in result]


def blue_green(**members: Any) -> dict[str, Any]:
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"WaitIntervalInSeconds": 5, **members}}}


def test_without_a_configuration_all_the_traffic_goes_at_once() -> None:
    plan = rollout.plan(None, instances=1)
    assert (plan.steps, plan.alarms, plan.termination_wait) == ((rollout.Step(1.0, 0.0),), (), 0.0)


@pytest.mark.parametrize(
    ("policy", "instances", "expected"),
    [
        (blue_green(Type="ALL_AT_ONCE"), 1, [(1.0, 5)]),
        (blue_green(Type="CANARY", CanarySize={"Type": "CAPACITY_PERCENT", "Value": 10}), 1, [(0.1, 5), (1.0, 5)]),
        (blue_green(Type="CANARY", CanarySize={"Type": "INSTANCE_COUNT", "Value": 1}), 4, [(0.25, 5), (1.0, 5)]),
        (
            blue_green(Type="LINEAR", LinearStepSize={"Type": "CAPACITY_PERCENT", "Value": 40}),
            1,
            [(0.4, 5), (0.8, 5), (1.0, 5)],
        ),
        (
            {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
                    "WaitIntervalInSeconds": 2,
                }
            },
            2,
            [(0.5, 2), (1.0, 2)],
        ),
    ],
)
def test_the_steps_of_a_policy(policy: dict[str, Any], instances: int, expected: list[tuple[float, float]]) -> None:
    assert steps(policy, instances=instances) == expected


def test_alarms_and_limits() -> None:
    policy = blue_green(Type="ALL_AT_ONCE")
    policy["BlueGreenUpdatePolicy"] |= {"TerminationWaitInSeconds": 7, "MaximumExecutionTimeoutInSeconds": 600}
    policy["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": "a"}, {"AlarmName": "b"}]}
    plan = rollout.plan(policy, instances=1)
    assert (plan.termination_wait, plan.timeout, plan.alarms) == (7.0, 600.0, ("a", "b"))


def test_variants_get_their_part_of_the_line() -> None:
    weights = {"a": 1.0, "b": 0.0, "c": 3.0}
    points = [0.0, 0.2499, 0.25, 0.9999]
    assert [routing.by_weight(weights, point) for point in points] == ["a", "a", "c", "c"]
    assert routing.by_weight({"a": 0.0}, 0.5) is None
    assert [routing.is_canary(0.1, point) for point in (0.0, 0.0999, 0.1)] == [True, True, False]
