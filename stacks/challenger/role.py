"""The role that the challenger's container, and a replay's transform job on its model, run under."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from contracts.ab_tests import record
from stacks.deployment import Deployment
from stacks.serving.endpoint_role import model_role
from stacks.shared.images import Repository
from stacks.stores import Stores


def challenger_role(
    scope: Construct, construct_id: str, *, deployment: Deployment, stores: Stores, repository: Repository
) -> iam.Role:
    """A role of its own, in a stack that is there before the challenger's: an update of that stack makes none.

    It reads approved and other models alike, has a replay's texts in place of batches, and captures nothing.
    """
    return model_role(
        scope,
        construct_id,
        stores=stores,
        repository=repository,
        endpoint_name=deployment.settings.challenger_endpoint_name,
        transforms=record.texts("*"),
        description="What the challenger's container may do.",
        placement=deployment.placement,
    )
