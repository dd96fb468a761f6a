"""Log groups, all of them ours: one that a service makes by itself stays for ever and keeps its logs for ever."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct


def log_group(scope: Construct, name: str, *, log_group_name: str | None = None) -> logs.LogGroup:
    """A log group kept a month, and removed with its stack."""
    return logs.LogGroup(
        scope,
        name,
        log_group_name=log_group_name,
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
