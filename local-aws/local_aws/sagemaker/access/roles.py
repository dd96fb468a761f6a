"""Execution roles, and S3 as they see it."""

from typing import Any, Protocol

from local_aws import iam
from local_aws.sagemaker.access import s3

_SERVICE = "sagemaker.amazonaws.com"
_SESSION = "SageMaker"  # the session's name in SageMaker's own error messages


class ExecutionRoles(Protocol):
    """The roles of an account."""

    def assume(self, arn: str, *, source_arn: str) -> iam.Role:
        """The role, with `source_arn` as aws:SourceArn. Raises iam.RoleNotAssumableError."""

    def s3(self, role: iam.Role) -> Any:
        """A boto3 client of S3 that may what the role may, and raises S3's ClientError for the rest."""


class MiniStackRoles:
    """The roles that MiniStack keeps."""

    def assume(self, arn: str, *, source_arn: str) -> iam.Role:
        return iam.assume(arn, services=(_SERVICE,), source_arn=source_arn, session=_SESSION)

    def s3(self, role: iam.Role) -> Any:
        return s3.client(role)
