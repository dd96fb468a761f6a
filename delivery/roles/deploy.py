"""What a deploy's job may do: take the roles that the CDK's bootstrap has made for deploying, and nothing else."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from delivery.place import Place
from environments.settings import Settings

# Not the role for look-ups, which reads everything in the account: the app looks nothing up.
KINDS = ("deploy", "file-publishing", "image-publishing")


def statements(settings: Settings, *, place: Place) -> list[iam.PolicyStatement]:
    """The role's permissions: the CDK's bootstrap template lets whoever of the account may assume its roles do so."""
    return [
        iam.PolicyStatement(
            sid="Bootstrap",
            actions=["sts:AssumeRole"],
            resources=[place.bootstrap_role(kind, region=settings.region) for kind in KINDS],
        )
    ]
