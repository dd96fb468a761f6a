"""What still exists in the local AWS, in every service that the stacks use."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contracts.logs import log_groups

TOOLKIT = "CDKToolkit"
# SageMaker logs all jobs of an account here: no environment's destruction takes them away.
_ACCOUNTS_LOG_GROUPS = (log_groups.TRAINING_JOBS, log_groups.TRANSFORM_JOBS)
_TOOLKIT_PREFIXES = ("cdk-hnb659fds-", "/cdk-bootstrap/")

Client = Callable[[str], Any]


@dataclass(frozen=True)
class Leftover:
    """One resource; kind: as in `S3 bucket`; of_bootstrap: it belongs to `cdk bootstrap`, which outlives every app."""

    kind: str
    name: str
    of_bootstrap: bool


def collect(client: Client) -> list[Leftover]:
    """Every resource, by kind in the order of KINDS. client: makes the boto3 client of a service.

    Errors of a service are raised: a service that cannot be listed is not an empty one.
    """
    # Creating a client takes longer than a call.
    clients = {service: client(service) for service in dict.fromkeys(service for service, _ in KINDS.values())}
    toolkit = _toolkit_resources(clients["cloudformation"])
    return [
        Leftover(kind=kind, name=name, of_bootstrap=_of_bootstrap(name, toolkit))
        for kind, (service, listed) in KINDS.items()
        for name in listed(clients[service])
    ]


def counts(leftovers: list[Leftover], *, of_bootstrap: bool) -> dict[str, int]:
    """How many there are of each kind, including zero."""
    names = [leftover.kind for leftover in leftovers if leftover.of_bootstrap is of_bootstrap]
    return {kind: names.count(kind) for kind in KINDS}


def _toolkit_resources(cloudformation: Any) -> frozenset[str]:
    try:
        resources = cloudformation.describe_stack_resources(StackName=TOOLKIT)["StackResources"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return frozenset({TOOLKIT})  # there is no such stack
    return frozenset(
        {TOOLKIT, *(resource["PhysicalResourceId"] for resource in resources if "PhysicalResourceId" in resource)}
    )


def _of_bootstrap(name: str, toolkit: frozenset[str]) -> bool:
    # An object is named `bucket/key`, a policy `role/policy`.
    return name in toolkit or name.partition("/")[0] in toolkit or name.startswith(_TOOLKIT_PREFIXES)


def _listing(operation: str, key: str, name: str, **arguments: Any) -> Callable[[Any], Iterator[str]]:
    """A function that lists what `operation` returns under `key`, by each item's `name` ("" if items are names)."""

    def listed(client: Any) -> Iterator[str]:
        pages = client.get_paginator(operation).paginate(**arguments) if client.can_paginate(operation) else None
        for page in pages or [getattr(client, operation)(**arguments)]:
            for item in page.get(key, []):
                yield item[name] if name else item

    return listed


def _objects(s3: Any) -> Iterator[str]:
    for bucket in s3.list_buckets()["Buckets"]:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket["Name"]):
            for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                yield f"{bucket['Name']}/{item['Key']}"


def _roles(iam: Any) -> Iterator[str]:
    for role in _pages(iam, "list_roles", "Roles"):
        # AWS creates these for its own services; they belong to the account.
        if not role["Path"].startswith("/aws-service-role/"):
            yield role["RoleName"]


def _policies(iam: Any) -> Iterator[str]:
    for role in _roles(iam):
        for policy in _pages(iam, "list_role_policies", "PolicyNames", RoleName=role):
            yield f"{role}/{policy}"
    for policy in _pages(iam, "list_policies", "Policies", Scope="Local"):
        yield policy["Arn"]


def _keys(kms: Any) -> Iterator[str]:
    for key in _pages(kms, "list_keys", "Keys"):
        about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if about["KeyManager"] == "CUSTOMER" and about["KeyState"] != "PendingDeletion":
            yield key["KeyId"]


def _layers(client: Any) -> Iterator[str]:
    for layer in _pages(client, "list_layers", "Layers"):
        for version in _pages(client, "list_layer_versions", "LayerVersions", LayerName=layer["LayerName"]):
            yield version["LayerVersionArn"]


def _log_groups(logs: Any) -> Iterator[str]:
    for group in _pages(logs, "describe_log_groups", "logGroups"):
        if group["logGroupName"] not in _ACCOUNTS_LOG_GROUPS:
            yield group["logGroupName"]


def _job_logs(logs: Any) -> Iterator[str]:
    for group in _pages(logs, "describe_log_groups", "logGroups"):
        name = group["logGroupName"]
        if name in _ACCOUNTS_LOG_GROUPS:
            for stream in _pages(logs, "describe_log_streams", "logStreams", logGroupName=name):
                yield f"{name}/{stream['logStreamName']}"


def _rules(events: Any) -> Iterator[str]:
    for bus in events.list_event_buses()["EventBuses"]:
        if bus["Name"] != "default":
            yield bus["Name"]
        for rule in _pages(events, "list_rules", "Rules", EventBusName=bus["Name"]):
            yield f"{bus['Name']}/{rule['Name']}"


def _alarms(cloudwatch: Any) -> Iterator[str]:
    for page in cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"]):
        for alarm in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]:
            yield alarm["AlarmName"]


def _stacks(cloudformation: Any) -> Iterator[str]:
    for stack in _pages(cloudformation, "describe_stacks", "Stacks"):
        if stack["StackStatus"] != "DELETE_COMPLETE":
            yield stack["StackName"]


def _model_packages(sagemaker: Any) -> Iterator[str]:
    for group in _pages(sagemaker, "list_model_package_groups", "ModelPackageGroupSummaryList"):
        name = group["ModelPackageGroupName"]
        for package in _pages(sagemaker, "list_model_packages", "ModelPackageSummaryList", ModelPackageGroupName=name):
            yield package["ModelPackageArn"]


def _targets(autoscaling: Any) -> Iterator[str]:
    for target in _pages(autoscaling, "describe_scalable_targets", "ScalableTargets", ServiceNamespace="sagemaker"):
        yield target["ResourceId"]


def _vpcs(ec2: Any) -> Iterator[str]:
    for vpc in _pages(ec2, "describe_vpcs", "Vpcs"):
        if not vpc["IsDefault"]:  # AWS makes one for each account
            yield vpc["VpcId"]


def _subnets(ec2: Any) -> Iterator[str]:
    for subnet in _pages(ec2, "describe_subnets", "Subnets"):
        if not subnet["DefaultForAz"]:
            yield subnet["SubnetId"]


def _security_groups(ec2: Any) -> Iterator[str]:
    for group in _pages(ec2, "describe_security_groups", "SecurityGroups"):
        if group["GroupName"] != "default":  # goes with its VPC
            yield group["GroupId"]


def _pages(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(key, [])


KINDS: dict[str, tuple[str, Callable[[Any], Iterator[str]]]] = {
    "CloudFormation stack": ("cloudformation", _stacks),
    "S3 bucket": ("s3", _listing("list_buckets", "Buckets", "Name")),
    "S3 object": ("s3", _objects),
    "DynamoDB table": ("dynamodb", _listing("list_tables", "TableNames", "")),
    "Lambda function": ("lambda", _listing("list_functions", "Functions", "FunctionName")),
    "Lambda layer version": ("lambda", _layers),
    "Lambda event source": ("lambda", _listing("list_event_source_mappings", "EventSourceMappings", "UUID")),
    "HTTP API": ("apigatewayv2", _listing("get_apis", "Items", "ApiId")),
    "Step Functions state machine": (
        "stepfunctions",
        _listing("list_state_machines", "stateMachines", "stateMachineArn"),
    ),
    "EventBridge rule": ("events", _rules),
    "CloudWatch log group": ("logs", _log_groups),
    "SageMaker job log": ("logs", _job_logs),
    "CloudWatch alarm": ("cloudwatch", _alarms),
    "CloudWatch dashboard": ("cloudwatch", _listing("list_dashboards", "DashboardEntries", "DashboardName")),
    "SNS topic": ("sns", _listing("list_topics", "Topics", "TopicArn")),
    "SQS queue": ("sqs", _listing("list_queues", "QueueUrls", "")),
    # Except those pending deletion, which cost nothing.
    "Secret": ("secretsmanager", _listing("list_secrets", "SecretList", "Name")),
    "SSM parameter": ("ssm", _listing("describe_parameters", "Parameters", "Name")),
    "ECR repository": ("ecr", _listing("describe_repositories", "repositories", "repositoryName")),
    "IAM role": ("iam", _roles),
    "IAM policy": ("iam", _policies),
    "KMS key": ("kms", _keys),
    "SageMaker model": ("sagemaker", _listing("list_models", "Models", "ModelName")),
    "SageMaker endpoint config": (
        "sagemaker",
        _listing("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
    ),
    "SageMaker endpoint": ("sagemaker", _listing("list_endpoints", "Endpoints", "EndpointName")),
    "SageMaker model package group": (
        "sagemaker",
        _listing("list_model_package_groups", "ModelPackageGroupSummaryList", "ModelPackageGroupName"),
    ),
    "SageMaker model package": ("sagemaker", _model_packages),
    "SageMaker training job": ("sagemaker", _listing("list_training_jobs", "TrainingJobSummaries", "TrainingJobName")),
    "Scalable target": ("application-autoscaling", _targets),
    "VPC": ("ec2", _vpcs),
    "Subnet": ("ec2", _subnets),
    "Security group": ("ec2", _security_groups),
    "VPC endpoint": ("ec2", _listing("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId")),
    "Network interface": ("ec2", _listing("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId")),
    "Flow log": ("ec2", _listing("describe_flow_logs", "FlowLogs", "FlowLogId")),
}
