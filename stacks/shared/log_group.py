"""Log groups. We create all of them: a group that a service creates is never deleted, and its logs never expire."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.base import RubricStack


def log_group(scope: Construct, name: str, *, log_group_name: str | None = None, days: int = 30) -> logs.LogGroup:
    """A log group that keeps logs a month, or `days`, is removed with its stack, and is encrypted with the stack's
    key, if any.
    """
    stack = cdk.Stack.of(scope)
    key_arn = stack.key_arn if isinstance(stack, RubricStack) else None
    group = logs.LogGroup(
        scope,
        name,
        log_group_name=log_group_name,
        encryption_key=kms.Key.from_key_arn(scope, f"{name}Key", key_arn) if key_arn else None,
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    if days != 30:
        resource = group.node.default_child
        assert isinstance(resource, logs.CfnLogGroup)
        resource.retention_in_days = days
    return group
