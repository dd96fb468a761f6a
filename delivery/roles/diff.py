"""What a pull request's job may do: read the deployed templates, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from contracts.deployment.stack_reviews import CHANGES
from delivery.place import Place
from environments.settings import Settings


def statements(environments: Sequence[Settings], *, place: Place) -> list[iam.PolicyStatement]:
    """The role's permissions."""
    return [
        iam.PolicyStatement(
            sid="Templates",
            actions=list(CHANGES),
            resources=[place.stacks(settings) for settings in environments],
        )
    ]
