"""What a pull request's job may do: read the deployed templates, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from delivery.place import Place
from environments.settings import Settings

_READS = ("DescribeStackResources", "DescribeStacks", "GetTemplate", "ListStackResources")


def statements(environments: Sequence[Settings], *, place: Place) -> list[iam.PolicyStatement]:
    """The role's permissions."""
    return [
        iam.PolicyStatement(
            sid="Templates",
            actions=[f"cloudformation:{name}" for name in _READS],
            resources=[place.stacks(settings) for settings in environments],
        )
    ]
