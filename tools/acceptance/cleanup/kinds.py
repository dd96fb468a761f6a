"""How to list everything of a kind, for each kind of resource that an environment makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from contracts.logs import log_groups
from tools.acceptance.listing import pages

Item = tuple[str, Any]  # its name, and all that is known of it
Lister = Callable[[Any, str], Iterator[Item]]  # takes a client and the prefix of the environment's names


@dataclass(frozen=True)
class Kind:
    """A kind of resource: the service that lists it. `stays`: AWS keeps its record, which costs nothing."""

    name: str
    service: str
    items: Lister
    stays: bool = False


def _listed(operation: str, key: str, name: str = "", *, contains: str = "", **arguments: Any) -> Lister:
    """Items by their member `name` ("" where they are names); `contains` is the argument that takes a part of it."""

    def listed(client: Any, prefix: str) -> Iterator[Item]:
        narrowed = {**arguments, contains: prefix} if contains else arguments
        for item in pages(client, operation, key, **narrowed):
            yield (item[name] if name else item), item

    return listed


def _stacks(client: Any, prefix: str) -> Iterator[Item]:
    del prefix
    for stack in pages(client, "describe_stacks", "Stacks"):
        if stack["StackStatus"] != "DELETE_COMPLETE":
            yield stack["StackName"], {"StackName": stack["StackName"]}


def _keys(client: Any, prefix: str) -> Iterator[Item]:
    del prefix
    for key in pages(client, "list_keys", "Keys"):
        about = client.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        # One that waits for its deletion costs nothing.
        if about["KeyManager"] == "CUSTOMER" and about["KeyState"] != "PendingDeletion":
            yield key["KeyId"], about


def _alarms(client: Any, prefix: str) -> Iterator[Item]:
    del prefix
    for page in client.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"]):
        for alarm in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]:
            yield alarm["AlarmName"], {"AlarmName": alarm["AlarmName"]}


def _packages(client: Any, prefix: str) -> Iterator[Item]:
    del prefix
    for group in pages(client, "list_model_package_groups", "ModelPackageGroupSummaryList"):
        name = group["ModelPackageGroupName"]
        for package in pages(client, "list_model_packages", "ModelPackageSummaryList", ModelPackageGroupName=name):
            yield package["ModelPackageArn"], name


def _job_logs(client: Any, prefix: str) -> Iterator[Item]:
    """The streams of its jobs in the account's log groups, which other environments share."""
    for group in (log_groups.TRAINING_JOBS, log_groups.TRANSFORM_JOBS):
        try:
            for stream in pages(
                client, "describe_log_streams", "logStreams", logGroupName=group, logStreamNamePrefix=prefix
            ):
                yield f"{group}: {stream['logStreamName']}", stream["logStreamName"]
        except client.exceptions.ResourceNotFoundException:
            continue  # no job has run in this account


KINDS = (
    Kind("CloudFormation stack", "cloudformation", _stacks),
    Kind("S3 bucket", "s3", _listed("list_buckets", "Buckets", "Name")),
    Kind("DynamoDB table", "dynamodb", _listed("list_tables", "TableNames")),
    Kind("Lambda function", "lambda", _listed("list_functions", "Functions", "FunctionName")),
    Kind("Lambda layer", "lambda", _listed("list_layers", "Layers", "LayerName")),
    Kind("Lambda event source", "lambda", _listed("list_event_source_mappings", "EventSourceMappings", "UUID")),
    Kind("HTTP API", "apigatewayv2", _listed("get_apis", "Items", "ApiId")),
    Kind("Step Functions state machine", "stepfunctions", _listed("list_state_machines", "stateMachines", "name")),
    Kind("EventBridge rule", "events", _listed("list_rules", "Rules", "Name")),
    Kind("CloudWatch log group", "logs", _listed("describe_log_groups", "logGroups", "logGroupName")),
    Kind("SageMaker job log", "logs", _job_logs),
    Kind("CloudWatch alarm", "cloudwatch", _alarms),
    Kind("CloudWatch dashboard", "cloudwatch", _listed("list_dashboards", "DashboardEntries", "DashboardName")),
    Kind("SNS topic", "sns", _listed("list_topics", "Topics", "TopicArn")),
    Kind("SQS queue", "sqs", _listed("list_queues", "QueueUrls")),
    Kind("Secret", "secretsmanager", _listed("list_secrets", "SecretList", "Name")),
    Kind("SSM parameter", "ssm", _listed("describe_parameters", "Parameters", "Name")),
    Kind("ECR repository", "ecr", _listed("describe_repositories", "repositories", "repositoryName")),
    Kind("CodeBuild project", "codebuild", _listed("list_projects", "projects")),
    Kind("IAM role", "iam", _listed("list_roles", "Roles", "RoleName")),
    Kind("IAM policy", "iam", _listed("list_policies", "Policies", "PolicyName", Scope="Local")),
    Kind("KMS key", "kms", _keys),
    Kind("SageMaker model", "sagemaker", _listed("list_models", "Models", "ModelName")),
    Kind(
        "SageMaker endpoint config",
        "sagemaker",
        _listed("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
    ),
    Kind("SageMaker endpoint", "sagemaker", _listed("list_endpoints", "Endpoints", "EndpointName")),
    Kind(
        "SageMaker model package group",
        "sagemaker",
        _listed("list_model_package_groups", "ModelPackageGroupSummaryList", "ModelPackageGroupName"),
    ),
    Kind("SageMaker model package", "sagemaker", _packages),
    Kind(
        "SageMaker training job",
        "sagemaker",
        _listed("list_training_jobs", "TrainingJobSummaries", "TrainingJobName", contains="NameContains"),
    ),
    Kind(
        "SageMaker transform job",
        "sagemaker",
        _listed("list_transform_jobs", "TransformJobSummaries", "TransformJobName", contains="NameContains"),
        stays=True,  # DeleteTransformJob does not exist
    ),
    Kind(
        "Scalable target",
        "application-autoscaling",
        _listed("describe_scalable_targets", "ScalableTargets", "ResourceId", ServiceNamespace="sagemaker"),
    ),
    Kind("VPC", "ec2", _listed("describe_vpcs", "Vpcs", "VpcId")),
    Kind("Subnet", "ec2", _listed("describe_subnets", "Subnets", "SubnetId")),
    Kind("Security group", "ec2", _listed("describe_security_groups", "SecurityGroups", "GroupId")),
    Kind("VPC endpoint", "ec2", _listed("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId")),
    Kind("Network interface", "ec2", _listed("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId")),
    Kind("Flow log", "ec2", _listed("describe_flow_logs", "FlowLogs", "FlowLogId")),
)
