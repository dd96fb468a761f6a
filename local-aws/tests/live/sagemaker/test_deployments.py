"""Tests endpoint updates: blue/green, canaries and rollbacks."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.cloud import Cloud
from local_aws_testing.server import wait_for


def canary(*, wait: int, alarm: str | None = None) -> dict[str, Any]:
    routing = {"Type": "CANARY", "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50}, "WaitIntervalInSeconds": wait}
    policy: dict[str, Any] = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    return policy | ({"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]}} if alarm else {})


def test_an_update_serves_the_new_model_and_keeps_what_was_scaled(cloud: Cloud) -> None:
    cloud.make_endpoint("updated", {"champion": "one"})
    first = cloud.ask("updated")["pid"]
    desired = [{"VariantName": "champion", "DesiredInstanceCount": 3}]
    cloud.sagemaker.update_endpoint_weights_and_capacities(EndpointName="updated", DesiredWeightsAndCapacities=desired)
    cloud.settled("updated")
    cloud.make_config("updated-2", {"champion": "two"})
    cloud.sagemaker.update_endpoint(
        EndpointName="updated", EndpointConfigName="updated-2", RetainAllVariantProperties=True
    )
    seen = set()
    while (status := cloud.sagemaker.describe_endpoint(EndpointName="updated"))["EndpointStatus"] == "Updating":
        seen.add(cloud.ask("updated")["model"])
    assert seen <= {"one", "two"}
    assert status["EndpointConfigName"] == "updated-2"
    assert status["ProductionVariants"][0]["CurrentInstanceCount"] == 3
    assert cloud.ask("updated")["model"] == "two"
    assert cloud.ask("updated")["pid"] != first
    cloud.sagemaker.delete_endpoint_config(EndpointConfigName="updated")


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("counted", {}),
        (
            "excluded",
            {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredInstanceCount"}],
            },
        ),
    ],
)
def test_the_new_configurations_count_holds_unless_an_update_retains_it(
    cloud: Cloud, name: str, members: dict[str, Any]
) -> None:
    """API reference, UpdateEndpoint and VariantProperty: the default retains nothing."""
    cloud.make_endpoint(name, {"champion": "one"})
    cloud.make_config(f"{name}-2", {"champion": "one"}, instance_count=2)
    cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-2", **members)
    [variant] = cloud.settled(name)["ProductionVariants"]
    assert (variant["DesiredInstanceCount"], variant["CurrentInstanceCount"]) == (2, 2)
    cloud.delete_endpoint(name)


def test_an_update_to_a_model_that_does_not_load_changes_nothing(cloud: Cloud) -> None:
    cloud.make_endpoint("kept", {"champion": "one"})
    first = cloud.ask("kept")["pid"]
    cloud.make_config("kept-2", {"champion": "broken"})
    cloud.sagemaker.update_endpoint(EndpointName="kept", EndpointConfigName="kept-2")
    endpoint = cloud.settled("kept")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "kept")
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    assert cloud.ask("kept")["pid"] == first


def test_a_canary_gets_its_share_before_all_of_it(cloud: Cloud) -> None:
    cloud.make_endpoint("canary", {"champion": "one"})
    cloud.make_config("canary-2", {"champion": "two"})
    cloud.sagemaker.update_endpoint(
        EndpointName="canary", EndpointConfigName="canary-2", DeploymentConfig=canary(wait=3)
    )
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        cloud.sagemaker.update_endpoint(EndpointName="canary", EndpointConfigName="canary-2")
    with pytest.raises(ClientError, match="in use by the endpoint"):
        cloud.sagemaker.delete_endpoint_config(EndpointConfigName="canary-2")
    wait_for(lambda: {cloud.ask("canary")["model"] for _ in range(20)} == {"one", "two"}, what="both models to answer")
    assert cloud.sagemaker.describe_endpoint(EndpointName="canary")["EndpointConfigName"] == "canary"
    endpoint = cloud.settled("canary")
    assert endpoint["EndpointConfigName"] == "canary-2"
    assert endpoint["LastDeploymentConfig"] == canary(wait=3)
    assert {cloud.ask("canary")["model"] for _ in range(20)} == {"two"}


def test_an_alarm_rolls_a_canary_back(cloud: Cloud) -> None:
    alarms = cloud.server.client("cloudwatch")
    alarms.put_metric_alarm(
        AlarmName="too-slow",
        Namespace="Tests",
        MetricName="Slow",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="ignore",
    )
    cloud.make_endpoint("rolled", {"champion": "one"})
    cloud.make_config("rolled-2", {"champion": "two"})
    with pytest.raises(ClientError, match="Could not find the CloudWatch alarms"):
        cloud.sagemaker.update_endpoint(
            EndpointName="rolled", EndpointConfigName="rolled-2", DeploymentConfig=canary(wait=1, alarm="nothing")
        )
    cloud.sagemaker.update_endpoint(
        EndpointName="rolled", EndpointConfigName="rolled-2", DeploymentConfig=canary(wait=120, alarm="too-slow")
    )
    wait_for(lambda: {cloud.ask("rolled")["model"] for _ in range(20)} == {"one", "two"}, what="the canary to serve")
    alarms.set_alarm_state(AlarmName="too-slow", StateValue="ALARM", StateReason="a test")
    endpoint = cloud.settled("rolled")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "rolled")
    assert "too-slow" in endpoint["FailureReason"]
    assert {cloud.ask("rolled")["model"] for _ in range(20)} == {"one"}
