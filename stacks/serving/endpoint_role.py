"""The role that the endpoint's container, and a transform job on its model, run under."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from contracts.deployment import buckets
from contracts.logs import log_groups
from stacks.deployment import Deployment, Placement
from stacks.shared.images import Repository
from stacks.shared.sagemaker_role import (
    may_log,
    may_log_for_the_account,
    may_read,
    may_use_volume_key,
    may_write,
    sagemaker_role,
)
from stacks.stores import Stores


def endpoint_role(
    scope: Construct, construct_id: str, *, deployment: Deployment, stores: Stores, repository: Repository
) -> iam.Role:
    """A role for the model of an environment, with all that its settings ask for but the alarms."""
    settings = deployment.settings
    role = model_role(
        scope,
        construct_id,
        stores=stores,
        repository=repository,
        endpoint_name=settings.endpoint_name,
        transforms=buckets.BATCH,
        description="What the model's container may do.",
        placement=deployment.placement,
    )
    if settings.component_name is not None:
        reason = "The component's own group; each copy has its own streams."
        may_log(role, group=log_groups.component(settings.component_name), reason=reason)
    if settings.serving.data_capture_percent:
        because = "SageMaker names captured files itself."
        may_write(role, bucket_arn=stores.artifacts.arn, prefixes=[buckets.CAPTURE], because=because)
    return role


def model_role(
    scope: Construct,
    construct_id: str,
    *,
    stores: Stores,
    repository: Repository,
    endpoint_name: str,
    transforms: str,
    description: str,
    placement: Placement | None,
) -> iam.Role:
    """A role for any gated model behind an endpoint. transforms: where its transform jobs read and write."""
    role = sagemaker_role(
        scope,
        construct_id,
        repository=repository,
        metric_namespace="/aws/sagemaker/*",
        description=description,
        # For endpoints SageMaker's source is this very text, and for transform jobs one that it covers.
        on_behalf_of="*",
        placement=placement,
    )
    group = log_groups.endpoint(endpoint_name)
    may_log(role, group=group, reason="The endpoint's own group; each instance has its own streams.")
    bucket = stores.artifacts.arn
    may_read(role, bucket_arn=bucket, prefixes=[buckets.MODELS], because="Each promotion serves another model.")
    _may_transform(role, bucket_arn=bucket, prefix=transforms)
    may_use_volume_key(role, stores.key_arn)
    return role


def _may_transform(role: iam.Role, *, bucket_arn: str, prefix: str) -> None:
    """A transform job runs on the model itself, under its role."""
    because = "Every batch has files of its own names."
    may_log_for_the_account(
        role,
        group=log_groups.TRANSFORM_JOBS,
        reason="SageMaker's own group for transform jobs; each job has its own streams.",
    )
    may_read(role, bucket_arn=bucket_arn, prefixes=[prefix], because=because)
    may_write(role, bucket_arn=bucket_arn, prefixes=[prefix], because=because)
