"""What a plan's job may do: make and read change sets, which it cannot execute, from templates of its own."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from contracts.deployment.delivery import PLANNED, records
from contracts.deployment.stack_reviews import CHANGES
from delivery.place import Place
from environments.settings import Settings


def statements(settings: Settings, *, place: Place) -> list[iam.PolicyStatement]:
    """The role's permissions: CloudFormation reads the template and the parameters as whoever makes a change set.

    Neither bootstrap's role that deploys, which may execute, nor its role that uploads, which may write the lock and
    what a rollback puts back.
    """
    stacks, region = place.stacks(settings), settings.region
    templates = f"{place.asset_bucket(region=region)}/{records(settings.stack_name('').rstrip('-'))}{PLANNED}*"
    return [
        iam.PolicyStatement(
            actions=[
                *CHANGES,
                *(f"cloudformation:{verb}ChangeSet" for verb in ("Create", "Delete", "Describe")),
            ],
            resources=[stacks],
        ),
        iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[place.bootstrap_role("cfn-exec", region=region)],
            conditions={"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
        ),
        iam.PolicyStatement(actions=["s3:GetObject", "s3:PutObject"], resources=[templates]),
        iam.PolicyStatement(
            actions=["ssm:GetParameters"],
            resources=[place.arn("ssm", f"parameter{settings.approved_model_parameter}", region=region)],
        ),
    ]
