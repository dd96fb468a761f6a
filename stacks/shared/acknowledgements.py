"""Accepts single findings of cdk-nag's AwsSolutions pack, each with a reason."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import IConstruct


def accept(construct: IConstruct, rule: str, *, because: str) -> None:
    """Accept one finding on a construct and its children. rule: such as `SQS3` or `IAM5[Resource::*]`."""
    acknowledge(construct, f"AwsSolutions-{rule}", because=because)


def acknowledge(construct: IConstruct, finding: str, *, because: str) -> None:
    """Accept one finding of any check, by its full id."""
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=finding, reason=because))
