"""KMS keys that jobs, endpoints and buckets name."""

from typing import Any

from local_aws import iam, private_api
from local_aws.common import scope

_RESOLVE = private_api.declare("ministack.services.kms", "_resolve_key", "find a KMS key", takes=("key_id_or_arn",))
_DEFAULT = private_api.declare(
    "ministack.services.s3",
    "_bucket_default_sse_headers",
    "know the key that a bucket encrypts with",
    takes=("bucket_name",),
)


def arn_of(key: str) -> str:
    """The ARN of a key that is named by id, alias or ARN; of one that is not there, the ARN that it would have."""
    key_record: Any = _RESOLVE.get()(key)
    if key_record:
        return str(key_record["Arn"])
    account, region = scope.current()
    return key if key.startswith("arn:") else f"arn:aws:kms:{region}:{account}:key/{key}"


def of_bucket(bucket: str) -> str | None:
    """The customer managed key that a bucket encrypts new objects with, if it has one."""
    headers: dict[str, str] = _DEFAULT.get()(bucket)
    return headers.get("x-amz-server-side-encryption-aws-kms-key-id")


def require_for_volume(role: iam.Role, key: str | None) -> None:
    """SageMaker gives itself a grant on the key of a storage volume. Raises iam.AccessDeniedError.

    Source: execution roles, kms:CreateGrant for VolumeKmsKeyId and for the KmsKeyId of an endpoint configuration.
    """
    if key:
        role.require("kms:CreateGrant", arn_of(key), {"kms:grantisforawsresource": "true"})


def require_for_output(role: iam.Role, key: str | None) -> None:
    """Raises iam.AccessDeniedError. Source: CreateTrainingJob, OutputDataConfig.KmsKeyId asks for kms:Encrypt."""
    if key:
        role.require("kms:Encrypt", arn_of(key))
