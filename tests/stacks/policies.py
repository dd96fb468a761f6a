"""Reads the statements of roles' policies from templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.stacks.conftest import Synthesised

# Actions that take no resource, by AWS's own reference.
WITHOUT_RESOURCE = {
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "sagemaker:ListTrainingJobs",
    "sagemaker:ListTransformJobs",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(synthesised: Synthesised) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that allows something to a role, with the policy's name."""
    for name, policy in synthesised.everything("AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            yield name, statement
