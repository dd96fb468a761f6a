"""Files that a training job left in the artifact bucket beside its model."""

from __future__ import annotations

import io
import tarfile
import zlib

from botocore.exceptions import ClientError

from contracts.deployment import buckets
from ops.deployment.cloud import Cloud
from ops.errors import NOT_FOUND, OpsError, code_of
from ops.models.registry import Model


def report(cloud: Cloud, model: Model) -> bytes:
    """The training job's report.html. Raises OpsError if there is none."""
    folder = model.artifact_uri.rpartition("/")[0]
    bucket, _, prefix = folder.removeprefix("s3://").partition("/")
    uri = f"{folder}/{buckets.OUTPUT_FILE}"
    try:
        packed = cloud.client("s3").get_object(Bucket=bucket, Key=f"{prefix}/{buckets.OUTPUT_FILE}")["Body"].read()
    except ClientError as error:
        if code_of(error) not in ("NoSuchKey", "404"):
            raise
        raise OpsError(f"{model.version} has no report: {uri} is gone", status=NOT_FOUND) from None
    try:
        page = _member(packed, buckets.REPORT_FILE)
    except (tarfile.TarError, zlib.error, OSError, EOFError) as error:
        raise OpsError(f"{uri} cannot be unpacked: {error}") from None
    if page is None:
        raise OpsError(
            f"{model.version} has no report: it was trained before training jobs wrote one; `rubric train` writes it",
            status=NOT_FOUND,
        )
    return page


def _member(packed: bytes, name: str) -> bytes | None:
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        for member in archive:
            if member.isfile() and member.name.removeprefix("./") == name:
                file = archive.extractfile(member)
                return file.read() if file else None
    return None
