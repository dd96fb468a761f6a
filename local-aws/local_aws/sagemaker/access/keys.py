"""The KMS keys of jobs, endpoints and buckets."""

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
    """Return the ARN of a key given by ID, alias or ARN; for a missing key, the ARN that it would have."""
    key_record: Any = _RESOLVE.get()(key)
    if key_record:
        return str(key_record["Arn"])
    account, region = scope.current()
    return key if key.startswith("arn:") else f"arn:aws:kms:{region}:{account}:key/{key}"


def of_bucket(bucket: str) -> str | None:
    """Return the customer managed key with which a bucket encrypts new objects, if any."""
    headers: dict[str, str] = _DEFAULT.get()(bucket)
    return headers.get("x-amz-server-side-encryption-aws-kms-key-id")


def require_for_volume(role: iam.Role, key: str | None) -> None:
    """Check that SageMaker can create a grant on a storage volume's key. Raises iam.AccessDeniedError.

    Source: "Execution roles", kms:CreateGrant for VolumeKmsKeyId and for the KmsKeyId of an endpoint configuration.
    """
    if key:
        role.require("kms:CreateGrant", arn_of(key), {"kms:grantisforawsresource": "true"})


def require_for_output(role: iam.Role, key: str | None) -> None:
    """Raise iam.AccessDeniedError without kms:Encrypt. Source: CreateTrainingJob, OutputDataConfig.KmsKeyId."""
    if key:
        role.require("kms:Encrypt", arn_of(key))
