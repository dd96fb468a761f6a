"""Finds a model by version: registered ones, and refused ones, which have an evaluation but no registry entry."""

from __future__ import annotations

from botocore.exceptions import ClientError

from contracts.deployment import buckets, stack_outputs
from ops.deployment.cloud import Cloud
from ops.errors import NOT_FOUND, OpsError, code_of
from ops.models import registry
from ops.models.registry import Model

REFUSED = "not registered"


def find(cloud: Cloud, version: str) -> Model:
    """Like registry.find; also finds a model that was never registered, by its training job's name."""
    try:
        return registry.find(cloud, version)
    except OpsError as error:
        if error.status != NOT_FOUND:
            raise
        refused = _refused(cloud, version)
        if refused is None:
            raise
        return refused


def _refused(cloud: Cloud, version: str) -> Model | None:
    bucket = cloud.stacks.get(stack_outputs.ARTIFACT_BUCKET_NAME)
    if not bucket or not version or "/" in version:
        return None
    key = buckets.evaluation(version)
    try:
        created = cloud.client("s3").head_object(Bucket=bucket, Key=key)["LastModified"]
    except ClientError as error:
        if code_of(error) not in ("NoSuchKey", "NotFound", "404"):
            raise
        return None
    return Model(
        arn="",
        number=0,
        version=version,
        artifact_uri=f"s3://{bucket}/{buckets.kept(version, buckets.MODEL_FILE)}",
        evaluation_uri=f"s3://{bucket}/{key}",
        approval=REFUSED,
        created=created,
        figures={},
    )
