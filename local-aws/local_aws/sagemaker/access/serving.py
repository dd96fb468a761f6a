"""The resources that a model's container gets through the model's role, for an endpoint or a transform job."""

from dataclasses import dataclass
from typing import Any

from local_aws import iam
from local_aws.common import clients
from local_aws.containers import ContainerFailure
from local_aws.sagemaker.access import ecr, keys
from local_aws.sagemaker.access.creation import of_inference, role_invalid
from local_aws.sagemaker.access.roles import ExecutionRoles


@dataclass(frozen=True)
class Serving:
    """A container's access. `role` is None for a model without a role; its S3 client then has every permission."""

    role: iam.Role | None
    s3: Any


def serving(
    roles: ExecutionRoles, definition: dict[str, Any], *, volume_key: str | None, job_arn: str | None = None
) -> Serving:
    """Return the access for a container definition with its ExecutionRoleArn and ModelArn. Raises ContainerFailure.

    job_arn: the transform job's, None for an endpoint.
    """
    role = role_of(roles, definition, job_arn=job_arn)
    if role is None:
        return Serving(None, clients.s3())
    refused = ecr.refusal(role, definition["Image"])
    if refused is not None:
        raise ContainerFailure(refused)
    try:
        keys.require_for_volume(role, volume_key)
    except iam.AccessDeniedError as denied:
        raise ContainerFailure(denied.message) from None
    return Serving(role, roles.s3(role))


def role_of(roles: ExecutionRoles, model: dict[str, Any], *, job_arn: str | None = None) -> iam.Role | None:
    """Return a model's role, if it has one. Raises ContainerFailure."""
    arn = model.get("ExecutionRoleArn")
    if not arn:
        return None
    try:
        return roles.assume(arn, source_arn=job_arn or of_inference(model["ModelArn"]))
    except iam.RoleNotAssumableError:
        raise ContainerFailure(role_invalid(arn)) from None
