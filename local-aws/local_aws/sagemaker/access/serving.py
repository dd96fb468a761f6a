"""What a model's container, of an endpoint or of a transform job, gets from the model's role."""

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
    """`role` is None of a model that has none; S3 gives such a one everything."""

    role: iam.Role | None
    s3: Any


def serving(
    roles: ExecutionRoles, definition: dict[str, Any], *, volume_key: str | None, job_arn: str | None = None
) -> Serving:
    """For a container definition with its model's ExecutionRoleArn and ModelArn. Raises ContainerFailure.

    job_arn: of the transform job that it is for, None for an endpoint.
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
    """The role of a model, if it has one. Raises ContainerFailure."""
    arn = model.get("ExecutionRoleArn")
    if not arn:
        return None
    try:
        return roles.assume(arn, source_arn=job_arn or of_inference(model["ModelArn"]))
    except iam.RoleNotAssumableError:
        raise ContainerFailure(role_invalid(arn)) from None
