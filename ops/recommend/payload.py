"""The sample requests that Inference Recommender sends: an archive in the environment's artifact bucket."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Sequence

from contracts.deployment import buckets, stack_outputs
from ops.deployment.cloud import Cloud


def packed(texts: Sequence[str], *, per_request: int) -> bytes:
    """A .tar.gz with a JSON file for each request of `per_request` texts."""
    requests = [texts[start : start + per_request] for start in range(0, len(texts), per_request)]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for number, chosen in enumerate(requests):
            inputs = chosen[0] if per_request == 1 else list(chosen)
            body = json.dumps({"inputs": inputs}, ensure_ascii=False).encode()
            member = tarfile.TarInfo(f"request-{number:03d}.json")
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return buffer.getvalue()


def upload(cloud: Cloud, content: bytes, *, job: str) -> str:
    """Upload the archive. Returns its S3 URI."""
    bucket, key = cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME), f"{buckets.RECOMMEND}{job}/payload.tar.gz"
    cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=content)
    return f"s3://{bucket}/{key}"


def remove(cloud: Cloud, *, job: str) -> None:
    """Delete the archive, if it exists."""
    bucket = cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME)
    cloud.client("s3").delete_object(Bucket=bucket, Key=f"{buckets.RECOMMEND}{job}/payload.tar.gz")
