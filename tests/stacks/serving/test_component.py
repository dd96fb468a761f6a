"""A model that sleeps: an inference component, what scales it, and what wakes it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stacks.conftest import Synthesise, Synthesised

NAME = "rubric-dev-component"
SLEEPS = """
serving:
  min_instances: 0
  max_instances: 2
  target_invocations_per_instance: 600
  data_capture_percent: null
  schedule: [{cron: "0 7 ? * MON-FRI *", time_zone: Europe/Berlin, min_instances: 1, max_instances: 4}]
"""


@pytest.fixture(scope="module")
def zero(synthesise: Synthesise) -> Synthesised:
    return synthesise("dev", change=SLEEPS)


def one(synthesised: Synthesised, kind: str) -> dict[str, Any]:
    [resource] = synthesised.resources("serving", kind).values()
    properties: dict[str, Any] = resource["Properties"]
    return properties


def test_the_configuration_has_a_role_isolation_and_no_model(zero: Synthesised) -> None:
    config = one(zero, "AWS::SageMaker::EndpointConfig")
    [variant] = config["ProductionVariants"]
    assert config["EnableNetworkIsolation"] is True and "ExecutionRoleArn" in config
    assert "ModelName" not in variant and "DataCaptureConfig" not in config
    # A copy more than the schedule ever allows: a rolling update starts it before the old one goes.
    scaling = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 5}
    assert (variant["ManagedInstanceScaling"], variant["InitialInstanceCount"]) == (scaling, 1)


def test_the_component_begins_with_a_copy_and_is_rolled_out_under_the_alarms(zero: Synthesised) -> None:
    component = one(zero, "AWS::SageMaker::InferenceComponent")
    assert component["InferenceComponentName"] == NAME and component["RuntimeConfig"] == {"CopyCount": 1}
    _, unguarded, guarded = component["DeploymentConfig"]["Fn::If"]
    assert guarded["RollingUpdatePolicy"]["MaximumBatchSize"] == {"Type": "COPY_COUNT", "Value": 1}
    names = [alarm["AlarmName"] for alarm in guarded["AutoRollbackConfiguration"]["Alarms"]]
    alarms = zero.resources("training", "AWS::CloudWatch::Alarm").values()
    watched = ("Faults", "ModelErrors", "Latency", "BadAnswers", "Stopped")
    assert names == [f"{NAME}-rollback-{each}" for each in watched]
    assert set(names) <= {alarm["Properties"].get("AlarmName") for alarm in alarms}
    assert "AutoRollbackConfiguration" not in unguarded


def test_both_policies_and_the_alarm_that_wakes(zero: Synthesised) -> None:
    target = one(zero, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 2)
    [action] = target["ScheduledActions"]
    assert (action["Schedule"], action["Timezone"]) == ("cron(0 7 ? * MON-FRI *)", "Europe/Berlin")
    assert action["ScalableTargetAction"] == {"MinCapacity": 1, "MaxCapacity": 4}
    assert target["ResourceId"] == f"inference-component/{NAME}"
    assert target["ScalableDimension"] == "sagemaker:inference-component:DesiredCopyCount"
    policies = {
        policy["Properties"]["PolicyType"]: (name, policy["Properties"])
        for name, policy in zero.resources("serving", "AWS::ApplicationAutoScaling::ScalingPolicy").items()
    }
    tracking = policies["TargetTrackingScaling"][1]["TargetTrackingScalingPolicyConfiguration"]
    metric = tracking["PredefinedMetricSpecification"]["PredefinedMetricType"]
    assert (metric, tracking["TargetValue"]) == ("SageMakerInferenceComponentInvocationsPerCopy", 600)
    wake, step = policies["StepScaling"]
    assert step["StepScalingPolicyConfiguration"]["StepAdjustments"] == [
        {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}
    ]
    alarm = one(zero, "AWS::CloudWatch::Alarm")
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold" and alarm["Threshold"] == 1
    assert alarm["MetricName"] == "NoCapacityInvocationFailures"
    assert alarm["Dimensions"] == [{"Name": "InferenceComponentName", "Value": NAME}]
    assert alarm["AlarmActions"] == [{"Ref": wake}]
