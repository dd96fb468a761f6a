"""Roles of SageMaker's containers: a training job's and an endpoint's."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.deployment import Placement
from stacks.shared.images import Repository
from stacks.shared.permissions import allow, service_role, use_key
from stacks.shared.vpc import may_join_vpc


def sagemaker_role(
    scope: Construct,
    construct_id: str,
    *,
    repository: Repository,
    metric_namespace: str,
    description: str,
    on_behalf_of: str,
    placement: Placement | None,
) -> iam.Role:
    """A role that may only pull one image, put metrics, and join the VPC if there is one, at first.

    on_behalf_of: the SageMaker resource for which it is assumed: `training-job/rubric-dev-*`, or `*`, as the guide has
    it for inference ("security-confused-deputy-prevention", which conditions such roles on aws:SourceArn alone).
    """
    role = service_role(
        scope,
        construct_id,
        service="sagemaker.amazonaws.com",
        description=description,
        on_behalf_of=f"{_sagemaker_arn(scope)}:{on_behalf_of}",
    )
    allow(
        role,
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
        on=repository.arn(partition=cdk.Stack.of(scope).partition),
    )
    allow(
        role,
        "ecr:GetAuthorizationToken",
        on="*",
        because="ECR's token is for the account's registry; it takes no resource.",
    )
    allow(
        role,
        "cloudwatch:PutMetricData",
        on="*",
        when={"StringLike": {"cloudwatch:namespace": metric_namespace}},
        because="CloudWatch metrics have no resource; the condition keeps it to SageMaker's own namespace.",
    )
    may_join_vpc(role, placement=placement)
    return role


def may_log(role: iam.Role, *, group: str, reason: str) -> None:
    """Let a role write to a log group that exists already."""
    streams = f"{_log_group_arn(role, group)}:*"
    allow(role, "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents", on=streams, because=reason)


def may_log_for_the_account(role: iam.Role, *, group: str, reason: str) -> None:
    """Let a role write to a group that all such jobs of an account share, and create it for the account's first job.

    No stack can own the group: destroying one environment would delete the logs of the others.
    """
    may_log(role, group=group, reason=reason)
    # The permission reference writes this ARN without `:*`, the CloudWatch Logs guide with it.
    arn = _log_group_arn(role, group)
    allow(role, "logs:CreateLogGroup", on=[arn, f"{arn}:*"], because=reason)


def may_read(role: iam.Role, *, bucket_arn: str, prefixes: Sequence[str], because: str) -> None:
    """Let a role list a bucket and read the objects under some of its prefixes."""
    # Without a condition on the prefix: S3 answers 403 instead of 404 for a missing object if the caller may not list.
    allow(role, "s3:ListBucket", on=bucket_arn)
    allow(role, "s3:GetObject", on=[f"{bucket_arn}/{prefix}*" for prefix in prefixes], because=because)


def may_write(role: iam.Role, *, bucket_arn: str, prefixes: Sequence[str], because: str) -> None:
    """Let a role write, but not delete, under some prefixes of a bucket."""
    allow(
        role,
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        on=[f"{bucket_arn}/{prefix}*" for prefix in prefixes],
        because=because,
    )


def may_write_once(role: iam.Role, *, bucket_arn: str, prefix: str, because: str) -> None:
    """Let a role create objects under a prefix of a bucket, but never replace one.

    S3 User Guide, "conditional-writes-enforce": the parts of an upload take no condition; its completion does.
    """
    objects = f"{bucket_arn}/{prefix}*"
    for condition in ({"Null": {"s3:if-none-match": "false"}}, {"Bool": {"s3:ObjectCreationOperation": "false"}}):
        allow(role, "s3:PutObject", on=objects, when=condition, because=because)
    allow(role, "s3:AbortMultipartUpload", on=objects, because=because)


def may_delete(role: iam.Role, *, bucket_arn: str, prefix: str, because: str) -> None:
    """Let a role delete under a prefix of a bucket."""
    allow(role, "s3:DeleteObject", on=f"{bucket_arn}/{prefix}*", because=because)


def may_use_volume_key(role: iam.Role, key_arn: str | None) -> None:
    """Let SageMaker encrypt and decrypt with a key, for its storage volumes as well."""
    use_key(role, key_arn)
    if key_arn is not None:
        allow(role, "kms:CreateGrant", on=key_arn, when={"Bool": {"kms:GrantIsForAWSResource": "true"}})


def may_encrypt_output(role: iam.Role, key_arn: str | None) -> None:
    """Let a training job encrypt with the key of its output.

    SageMaker's API reference (OutputDataConfig.KmsKeyId) requires kms:Encrypt; for a transform's output it does not.
    """
    if key_arn is not None:
        allow(role, "kms:Encrypt", on=key_arn)


def _sagemaker_arn(scope: Construct) -> str:
    stack = cdk.Stack.of(scope)
    return f"arn:{stack.partition}:sagemaker:{stack.region}:{stack.account}"


def _log_group_arn(role: iam.Role, group: str) -> str:
    return cdk.Stack.of(role).format_arn(
        service="logs", resource="log-group", resource_name=group, arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
    )
