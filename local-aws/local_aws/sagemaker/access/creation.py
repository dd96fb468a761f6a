"""Checks that the Create... operations make with the given role before they store anything."""

from typing import Any

from botocore.exceptions import ClientError

from local_aws import iam
from local_aws.common.errors import validation
from local_aws.containers.files import storage
from local_aws.sagemaker.access.roles import ExecutionRoles

_TRUST = 'the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com"'


def job_role(roles: ExecutionRoles, arn: str, *, source_arn: str) -> iam.Role:
    """Return the role of a training or transform job. Raises ApiError.

    Source: awslabs/predictive-maintenance-using-machine-learning #3 (CreateTransformJob); the same for
    CreateTrainingJob.
    """
    try:
        return roles.assume(arn, source_arn=source_arn)
    except iam.RoleNotAssumableError:
        raise validation(
            f"Could not assume role {arn}. Please ensure that the role exists and allows principal "
            "'sagemaker.amazonaws.com' to assume the role."
        ) from None


def recommender_role(roles: ExecutionRoles, arn: str, *, source_arn: str) -> iam.Role:
    """Return the role of an Inference Recommender job. Raises ApiError.

    Source: "Troubleshoot Inference Recommender errors".
    """
    try:
        return roles.assume(arn, source_arn=source_arn)
    except iam.RoleNotAssumableError:
        raise validation(f"Provided role ARN {arn} cannot be assumed.") from None


def training_job(roles: ExecutionRoles, request: dict[str, Any], *, arn: str) -> iam.Role:
    """List the objects of a training job's channels, as CreateTrainingJob does; returns its role. Raises ApiError.

    Source: "An error occurred (ValidationException) when calling the CreateTrainingJob operation: No S3 objects found
    under S3 URL ... Error message from S3: ...", as published in several repositories; terraform-provider-aws retries
    on it together with "no identity-based policy allows the s3:ListBucket action".
    """
    role = job_role(roles, request["RoleArn"], source_arn=arn)
    s3 = roles.s3(role)
    for channel in request.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource") or {}
        if source.get("S3DataType") == "S3Prefix":
            _list(s3, source["S3Uri"], role=role.arn)
    return role


def model(roles: ExecutionRoles, request: dict[str, Any], *, arn: str) -> iam.Role | None:
    """Check access to a model's artifacts, as CreateModel does; returns its role, if it has one. Raises ApiError.

    Source: published ValidationExceptions of CreateModel: 'The execution role ARN "..." is invalid. ...' and 'Could not
    access model data at s3://... Please ensure that ...'.
    """
    role = model_role(roles, {**request, "ModelArn": arn})
    if role is None:
        return None
    s3 = roles.s3(role)
    containers = [request["PrimaryContainer"]] if request.get("PrimaryContainer") else request["Containers"]
    for container in containers:
        url = container.get("ModelDataUrl")
        if url and not url.endswith("/"):
            _look_at_artifact(s3, url, role=role.arn)
    return role


def model_role(roles: ExecutionRoles, record: dict[str, Any]) -> iam.Role | None:
    """Return a model's role, if it has one. Raises ApiError."""
    arn = record.get("ExecutionRoleArn")
    if not arn:
        return None
    try:
        return roles.assume(arn, source_arn=of_inference(record["ModelArn"]))
    except iam.RoleNotAssumableError:
        raise validation(role_invalid(arn)) from None


def of_inference(arn: str) -> str:
    """Return aws:SourceArn for a model's role: the account's, with an asterisk that "does not stand for wildcard".

    Source: developer guide, "Cross-service confused deputy prevention", on inference.
    """
    return ":".join([*arn.split(":")[:5], "*"])


def require(role: iam.Role, action: str, resource: str) -> None:
    """Raise ApiError with IAM's own message unless the role is allowed to do this."""
    try:
        role.require(action, resource)
    except iam.AccessDeniedError as denied:
        raise validation(denied.message) from None


def role_invalid(arn: str) -> str:
    """The message when SageMaker cannot assume a model's role, in CreateModel or later as an endpoint's FailureReason.

    Source of the latter: hashicorp/terraform-provider-aws, resource aws_sagemaker_endpoint, which waits for it.
    """
    return (
        f'The execution role ARN "{arn}" is invalid. Please ensure that the role exists and that its trust '
        f"relationship policy allows {_TRUST}."
    )


def _list(s3: Any, uri: str, *, role: str) -> None:
    try:
        bucket, prefix = storage.parse_uri(uri)
        count = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("KeyCount", 0)
        message = None
    except ClientError as error:
        count, message = 0, error.response["Error"]["Message"]
    except storage.StorageError as error:
        raise validation(str(error)) from None
    if not count:
        raise validation(storage.no_objects_message(uri, role=role, region=s3.meta.region_name, message=message))


def _look_at_artifact(s3: Any, url: str, *, role: str) -> None:
    try:
        bucket, key = storage.parse_uri(url)
        s3.head_object(Bucket=bucket, Key=key)
    except (ClientError, storage.StorageError):
        raise validation(
            f'Could not access model data at {url}. Please ensure that the role "{role}" exists and that its trust '
            f'relationship policy allows {_TRUST}. Also ensure that the role has "s3:GetObject" permissions and that '
            f"the object is located in {s3.meta.region_name}. If your Model uses multiple models or uncompressed "
            'models, please ensure that the role has "s3:ListBucket" permission.'
        ) from None
