"""Every type of resource that the templates have, with what is charged for it, or why nothing is."""

from __future__ import annotations

from collections.abc import Callable

from ops.cost.charges import requests, serving, stores
from ops.cost.charges.context import Context, Resource
from ops.cost.lines import Charge
from ops.errors import OpsError

Charges = Callable[[Resource, Context], list[Charge]]

# The list of free resources of Infracost (internal/providers/terraform/aws/registry.go, of 8 April 2026) has these.
LISTED_FREE = "free: https://github.com/infracost/infracost/blob/2d9e4040/internal/providers/terraform/aws/registry.go"
_ENDPOINT = "paid for with the endpoint"
_FUNCTION = "paid for with the function that it calls"

FREE: dict[str, str] = {
    **dict.fromkeys(
        (
            "AWS::ApiGatewayV2::Authorizer",
            "AWS::ApiGatewayV2::Integration",
            "AWS::ApiGatewayV2::Route",
            "AWS::ApiGatewayV2::Stage",
            "AWS::ApplicationAutoScaling::ScalableTarget",
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            "AWS::Budgets::Budget",
            "AWS::DocDB::DBClusterParameterGroup",
            "AWS::DocDB::DBSubnetGroup",
            "AWS::EC2::RouteTable",
            "AWS::EC2::SecurityGroup",
            "AWS::EC2::SecurityGroupEgress",
            "AWS::EC2::SecurityGroupIngress",
            "AWS::EC2::Subnet",
            "AWS::EC2::SubnetRouteTableAssociation",
            "AWS::EC2::VPC",
            "AWS::Events::Rule",
            "AWS::IAM::ManagedPolicy",
            "AWS::IAM::Policy",
            "AWS::IAM::Role",
            "AWS::KMS::Alias",
            "AWS::Lambda::Alias",
            "AWS::Lambda::EventInvokeConfig",
            "AWS::Lambda::LayerVersion",
            "AWS::Lambda::Permission",
            "AWS::Lambda::Version",
            "AWS::Logs::MetricFilter",
            "AWS::Logs::ResourcePolicy",
            "AWS::S3::BucketPolicy",
            "AWS::SNS::TopicPolicy",
            "AWS::SQS::QueuePolicy",
            "AWS::SecretsManager::ResourcePolicy",
            "AWS::SecretsManager::RotationSchedule",
            "AWS::SecretsManager::SecretTargetAttachment",
        ),
        LISTED_FREE,
    ),
    "AWS::EC2::FlowLog": "paid for with its log group",
    "AWS::Lambda::LayerVersion": "the storage of code has no charge",
    "AWS::IAM::OIDCProvider": "IAM has no charges",
    "AWS::SNS::Subscription": "paid for with the topic's messages",
    "AWS::SSM::Parameter": "a standard parameter has no charge",
    "AWS::SageMaker::EndpointConfig": _ENDPOINT,
    "AWS::SageMaker::InferenceComponent": _ENDPOINT,
    "AWS::SageMaker::Model": "paid for with the artifact's storage",
    "AWS::SageMaker::ModelPackageGroup": "paid for with the artifacts' storage",
}

TYPES: dict[str, Charges] = {
    "AWS::ApiGatewayV2::Api": requests.api,
    "AWS::CloudWatch::Alarm": requests.alarm,
    "AWS::CloudWatch::Dashboard": requests.dashboard,
    "AWS::CodeBuild::Project": serving.build,
    "AWS::DocDB::DBCluster": serving.cluster,
    "AWS::DocDB::DBInstance": serving.database,
    "AWS::DynamoDB::GlobalTable": stores.table,
    "AWS::DynamoDB::Table": stores.table,
    "AWS::EC2::VPCEndpoint": requests.endpoint_in_vpc,
    "AWS::ECR::Repository": serving.image,
    "AWS::KMS::Key": stores.key,
    "AWS::Lambda::EventSourceMapping": requests.polled,
    "AWS::Lambda::Function": requests.function,
    "AWS::Logs::LogGroup": requests.log_group,
    "AWS::S3::Bucket": stores.bucket,
    "AWS::SNS::Topic": requests.topic,
    "AWS::SQS::Queue": requests.queue,
    "AWS::SageMaker::Endpoint": serving.endpoint,
    "AWS::SecretsManager::Secret": stores.secret,
    "AWS::StepFunctions::StateMachine": requests.machine,
}


def charges(resource: Resource, context: Context) -> tuple[list[Charge], str]:
    """What is charged for a resource, and why nothing is if there is none. Raises OpsError for an unknown type."""
    if resource.type.startswith("Custom::") or resource.type == "AWS::CloudFormation::CustomResource":
        return [], _FUNCTION
    if resource.type in FREE:
        return [], FREE[resource.type]
    if resource.type not in TYPES:
        raise OpsError(
            f"{resource.type} ({resource.name} of {resource.stack}) has no price line: add one to "
            "ops/cost/charges/table.py"
        )
    found = TYPES[resource.type](resource, context)
    return found, "" if found else "free"
