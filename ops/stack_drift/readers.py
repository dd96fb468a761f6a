"""Readers for what CloudFormation's drift detection does not look at.

Types without a read handler (environments/aws/resource_types.json): IAM::Policy, SQS::QueuePolicy, SNS::TopicPolicy,
CodeBuild::Project. SageMaker's, of which older schemas have no read handler. Whatever else CloudFormation answers
with NOT_CHECKED, as the local AWS does for alarms. And policies that somebody attached to a role beside its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from ops.errors import code_of
from ops.stack_drift import comparing
from ops.stack_drift.comparing import Difference
from ops.stack_drift.purpose import ROLLING

ClientOf = Callable[[str], Any]
Properties = dict[str, Any]
Found = Iterator[Difference]
_MISSING = (
    *("NoSuchEntity", "NoSuchEntityException", "NoSuchBucket", "NoSuchBucketPolicy", "ResourceNotFoundException"),
    *("ResourceNotFound", "NotFound", "NotFoundException", "AWS.SimpleQueueService.NonExistentQueue"),
    "QueueDoesNotExist",
)


class GoneError(Exception):
    """The resource is not in the account."""


def read(kind: str, physical_id: str, expected: Properties, *, client_of: ClientOf) -> list[Difference]:
    """How a resource differs from its properties. Raises GoneError, ClientError."""
    try:
        return list(READERS[kind][0](client_of, physical_id, expected))
    except ClientError as error:
        if gone(error):
            raise GoneError from None
        raise


def gone(error: ClientError) -> bool:
    """Whether a call failed because there is no such resource; SageMaker says that in words alone."""
    return code_of(error) in _MISSING or "Could not find" in str(error)


def _endpoint_config(client_of: ClientOf, physical_id: str, expected: Properties) -> Found:
    actual = client_of("sagemaker").describe_endpoint_config(EndpointConfigName=_last(physical_id))
    yield from comparing.differences(_without(expected, "Tags"), actual)


def _model(client_of: ClientOf, physical_id: str, expected: Properties) -> Found:
    actual = client_of("sagemaker").describe_model(ModelName=_last(physical_id))
    yield from comparing.differences(_without(expected, "Tags"), actual)


def _endpoint(client_of: ClientOf, physical_id: str, expected: Properties) -> Found:
    """Its configuration alone: weights and counts are autoscaling's (ops/stack_drift/purpose.py)."""
    actual = client_of("sagemaker").describe_endpoint(EndpointName=_last(physical_id))
    if actual["EndpointStatus"] not in ROLLING:
        wanted = {"EndpointConfigName": expected.get("EndpointConfigName")}
        yield from comparing.differences(wanted, actual)


def _component(client_of: ClientOf, physical_id: str, expected: Properties) -> Found:
    """The model and what each copy gets; how many copies there are is autoscaling's, and an update replaces them."""
    actual = client_of("sagemaker").describe_inference_component(InferenceComponentName=_last(physical_id))
    if actual["InferenceComponentStatus"] not in ROLLING:
        yield from comparing.differences(_without(expected, "Tags", "RuntimeConfig", "DeploymentConfig"), actual)


def _inline_policy(client_of: ClientOf, physical_id: str, expected: Properties) -> Found:
    for role in expected.get("Roles") or []:
        there = client_of("iam").get_role_policy(RoleName=role, PolicyName=expected["PolicyName"])
        yield from comparing.policy(expected["PolicyDocument"], there["PolicyDocument"])


def _queue_policy(client_of: ClientOf, physical_id: str, expected: Properties) -> Found:
    for url in expected.get("Queues") or []:
        there = client_of("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
        yield from comparing.policy(expected["PolicyDocument"], there.get("Policy"))


def _topic_policy(client_of: ClientOf, physical_id: str, expected: Properties) -> Found:
    for topic in expected.get("Topics") or []:
        there = client_of("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
        yield from comparing.policy(expected["PolicyDocument"], there.get("Policy"))


def _bucket_policy(client_of: ClientOf, physical_id: str, expected: Properties) -> Found:
    there = client_of("s3").get_bucket_policy(Bucket=expected["Bucket"])
    yield from comparing.policy(expected["PolicyDocument"], there["Policy"])


def _alarm(client_of: ClientOf, physical_id: str, expected: Properties) -> Found:
    there = client_of("cloudwatch").describe_alarms(
        AlarmNames=[physical_id], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    alarms = [*there.get("MetricAlarms", []), *there.get("CompositeAlarms", [])]
    if not alarms:
        raise GoneError
    yield from comparing.differences(_without(expected, "Tags"), alarms[0])


def _project(client_of: ClientOf, physical_id: str, expected: Properties) -> Found:
    there = client_of("codebuild").batch_get_projects(names=[physical_id])["projects"]
    if not there:
        raise GoneError
    yield from comparing.differences(_without(expected, "Tags", "Visibility"), _capitalised(there[0]))


def _capitalised(value: Any) -> Any:
    """CodeBuild's API writes `timeoutInMinutes` where templates write `TimeoutInMinutes`."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: _capitalised(each) for key, each in value.items()}
    return [_capitalised(each) for each in value] if isinstance(value, list) else value


def _last(physical_id: str) -> str:
    return physical_id.rpartition("/")[2]


def _without(properties: Properties, *names: str) -> Properties:
    return {key: value for key, value in properties.items() if key not in names}


# Each type's reader and the IAM actions of its calls.
READERS: dict[str, tuple[Callable[[ClientOf, str, Properties], Found], tuple[str, ...]]] = {
    "AWS::SageMaker::EndpointConfig": (_endpoint_config, ("sagemaker:DescribeEndpointConfig",)),
    "AWS::SageMaker::Model": (_model, ("sagemaker:DescribeModel",)),
    "AWS::SageMaker::Endpoint": (_endpoint, ("sagemaker:DescribeEndpoint",)),
    "AWS::SageMaker::InferenceComponent": (_component, ("sagemaker:DescribeInferenceComponent",)),
    "AWS::IAM::Policy": (_inline_policy, ("iam:GetRolePolicy",)),
    "AWS::SQS::QueuePolicy": (_queue_policy, ("sqs:GetQueueAttributes",)),
    "AWS::SNS::TopicPolicy": (_topic_policy, ("sns:GetTopicAttributes",)),
    "AWS::S3::BucketPolicy": (_bucket_policy, ("s3:GetBucketPolicy",)),
    "AWS::CloudWatch::Alarm": (_alarm, ("cloudwatch:DescribeAlarms",)),
    "AWS::CodeBuild::Project": (_project, ("codebuild:BatchGetProjects",)),
}
# Of these CloudFormation's word is not enough: an endpoint that serves another configuration has to be seen.
ALWAYS = (
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::InferenceComponent",
    "AWS::SageMaker::Model",
)


def attached(role: str, *, inline: Iterable[str], managed: Iterable[str], client_of: ClientOf) -> Found:
    """Policies that a role has and no template gives it, which CloudFormation does not count as drift."""
    iam = client_of("iam")
    there = (
        name for page in iam.get_paginator("list_role_policies").paginate(RoleName=role) for name in page["PolicyNames"]
    )
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
    policies = (each["PolicyArn"] for page in pages for each in page["AttachedPolicies"])
    for name in sorted(set(there) - set(inline)):
        yield Difference(path=f"Policies[{name}]", expected="", actual="an inline policy of no template")
    for arn in sorted(set(policies) - set(managed)):
        yield Difference(path="ManagedPolicyArns", expected="", actual=arn)
