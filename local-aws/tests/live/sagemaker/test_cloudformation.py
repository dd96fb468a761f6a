"""SageMaker and Application Auto Scaling in CloudFormation stacks."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.cloud import BUCKET, ROLE, SERVE, Cloud

STACK = "Serving"


def attribute(resource: str, name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [resource, name]}


def template(*, extra: dict[str, Any] | None = None, deployment: dict[str, Any] | None = None) -> str:
    variant = {
        "VariantName": "champion",
        "ModelName": attribute("Model", "ModelName"),
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": "1",
        "InitialVariantWeight": 1,
    }
    resources: dict[str, Any] = {
        "Model": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {
                "ExecutionRoleArn": ROLE,
                "EnableNetworkIsolation": "true",
                "PrimaryContainer": {"Image": SERVE, "ModelDataUrl": {"Ref": "Artifact"}},
            },
        },
        "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}},
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {
                "EndpointName": "stack-endpoint",
                "EndpointConfigName": attribute("Config", "EndpointConfigName"),
                "RetainAllVariantProperties": True,
                **({"DeploymentConfig": deployment} if deployment else {}),
            },
        },
        "Target": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "MinCapacity": "1",
                "MaxCapacity": 3,
                "ResourceId": {"Fn::Sub": "endpoint/${Endpoint.EndpointName}/variant/champion"},
                "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
                "ServiceNamespace": "sagemaker",
            },
        },
        "Policy": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "PolicyName": "invocations",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": "Target"},
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": 70,
                    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
                },
            },
        },
        "Group": {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": {"ModelPackageGroupName": "stack-group"}},
        **(extra or {}),
    }
    outputs = {name: {"Value": {"Ref": name}} for name in ("Model", "Config", "Endpoint", "Group", "Target")}
    return json.dumps({"Parameters": {"Artifact": {"Type": "String"}}, "Resources": resources, "Outputs": outputs})


def artifact(name: str) -> list[dict[str, str]]:
    return [{"ParameterKey": "Artifact", "ParameterValue": f"s3://{BUCKET}/{name}.tar.gz"}]


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}


def update(cloud: Cloud, name: str, body: str) -> dict[str, Any]:
    cloud.cloudformation.update_stack(StackName=STACK, TemplateBody=body, Parameters=artifact(name))
    return cloud.stack_settled(STACK)


def names(cloud: Cloud, kind: str) -> list[str]:
    listed = getattr(cloud.sagemaker, f"list_{kind}s")(NameContains=STACK)
    member = {"model": ("Models", "ModelName"), "endpoint_config": ("EndpointConfigs", "EndpointConfigName")}[kind]
    return [item[member[1]] for item in listed[member[0]]]


def test_a_stack_through_its_life(cloud: Cloud) -> None:
    autoscaling = cloud.server.client("application-autoscaling")
    cloud.cloudformation.create_stack(
        StackName=STACK, TemplateBody=template(), Parameters=artifact("one"), Tags=[{"Key": "team", "Value": "news"}]
    )
    created = cloud.stack_settled(STACK)
    assert created["StackStatus"] == "CREATE_COMPLETE", events(cloud)
    refs = outputs(created)
    account = "arn:aws:sagemaker:us-east-1:000000000000:"
    assert refs["Endpoint"] == f"{account}endpoint/stack-endpoint"
    assert refs["Model"].startswith(f"{account}model/Serving-Model-")
    assert refs["Group"] == f"{account}model-package-group/stack-group"
    assert refs["Target"] == "endpoint/stack-endpoint/variant/champion|sagemaker:variant:DesiredInstanceCount|sagemaker"
    assert cloud.ask("stack-endpoint")["model"] == "one"
    tags = {tag["Key"]: tag["Value"] for tag in cloud.sagemaker.list_tags(ResourceArn=refs["Endpoint"])["Tags"]}
    assert tags["team"] == "news" and tags["aws:cloudformation:stack-name"] == STACK
    policies = autoscaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert [policy["PolicyName"] for policy in policies] == ["invocations"]

    updated = update(cloud, "two", template())
    assert updated["StackStatus"] == "UPDATE_COMPLETE", events(cloud)
    assert outputs(updated)["Model"] != refs["Model"]
    assert outputs(updated)["Endpoint"] == refs["Endpoint"]
    assert cloud.ask("stack-endpoint")["model"] == "two"
    assert len(names(cloud, "model")) == len(names(cloud, "endpoint_config")) == 1

    failed = update(cloud, "broken", template())
    assert failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", events(cloud)
    assert any("did not pass the ping health check" in event.get("ResourceStatusReason", "") for event in events(cloud))
    assert cloud.ask("stack-endpoint")["model"] == "two"
    assert outputs(failed)["Model"] == outputs(updated)["Model"]
    assert len(names(cloud, "model")) == len(names(cloud, "endpoint_config")) == 1

    late = {
        "Late": {
            "Type": "AWS::SageMaker::ModelPackageGroup",
            "DependsOn": ["Endpoint"],
            "Properties": {"ModelPackageGroupName": "not a name"},
        }
    }
    reverted = update(cloud, "one", template(extra=late))
    assert reverted["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", events(cloud)
    assert cloud.ask("stack-endpoint")["model"] == "two"
    assert len(names(cloud, "model")) == len(names(cloud, "endpoint_config")) == 1

    cloud.cloudformation.delete_stack(StackName=STACK)
    cloud.cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=created["StackId"], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    assert names(cloud, "model") == names(cloud, "endpoint_config") == []
    assert autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []
    with pytest.raises(ClientError, match="Could not find endpoint"):
        cloud.sagemaker.describe_endpoint(EndpointName="stack-endpoint")


def test_a_stack_whose_endpoint_does_not_come_up_leaves_nothing(cloud: Cloud) -> None:
    cloud.cloudformation.create_stack(StackName="Broken", TemplateBody=template(), Parameters=artifact("broken"))
    assert cloud.stack_settled("Broken")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert cloud.sagemaker.list_models(NameContains="Broken")["Models"] == []
    with pytest.raises(ClientError, match="Could not find endpoint"):
        cloud.sagemaker.describe_endpoint(EndpointName="stack-endpoint")


def events(cloud: Cloud) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = cloud.cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    return result
