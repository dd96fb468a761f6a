"""Execution roles, and S3 with their permissions."""

from typing import Any, Protocol

from local_aws import iam
from local_aws.sagemaker.access import s3

_SERVICE = "sagemaker.amazonaws.com"
_SESSION = "SageMaker"  # the session name in SageMaker's own error messages


class ExecutionRoles(Protocol):
    """An account's roles."""

    def assume(self, arn: str, *, source_arn: str) -> iam.Role:
        """Assume the role, with `source_arn` as aws:SourceArn. Raises iam.RoleNotAssumableError."""

    def s3(self, role: iam.Role) -> Any:
        """Return a boto3 S3 client with the role's permissions; it raises S3's ClientError for anything else."""


class MiniStackRoles:
    """The roles that MiniStack stores."""

    def assume(self, arn: str, *, source_arn: str) -> iam.Role:
        return iam.assume(arn, services=(_SERVICE,), source_arn=source_arn, session=_SESSION)

    def s3(self, role: iam.Role) -> Any:
        return s3.client(role)
