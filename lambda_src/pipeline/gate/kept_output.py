"""Copies a training job's output to where no training job can change it.

A job's role cannot be bound to its own job's folder: no document names a policy variable for the job, and session tags
reach the role only of a job that a tagged session created (SageMaker developer guide, "Attribute-based access control
for multi-tenancy training"). So another job might write there as well, and the bucket's versions tell: the role may not
delete one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment import buckets
from lambda_src.common import aws
from lambda_src.pipeline.gate import archives
from lambda_src.pipeline.gate.errors import EvaluationMissing, OutputRefused

_CHUNK = 8 * 1024 * 1024
_PART = 256 * 1024**2  # each is answered well within the client's time; S3 copies up to 5 GB ("qfacts")
_TRIES = 3


class Keeper:
    """Copies from `training/<job>/` to `models/<job>/` of one bucket."""

    def __init__(self, s3: Any, *, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def keep_without(self, job_name: str, file: str, names: Collection[str]) -> dict[str, bytes]:
        """Keeps one of the job's archives without some of its members, and returns these by name.

        The rows of a dataset have a place of their own, where `rubric erase` finds them. Can be repeated; raises as
        `keep` does, and EvaluationMissing for an archive that cannot be read.
        """
        source, target = buckets.staged(job_name, file), buckets.kept(job_name, file)
        version, _ = self._written(source)
        packed = self._s3.get_object(Bucket=self._bucket, Key=source, VersionId=version)["Body"].read()
        try:
            kept, taken = archives.divided(packed, names)
        except archives.BROKEN as error:
            raise EvaluationMissing(f"s3://{self._bucket}/{source} cannot be read: {error}") from error
        place = {"Bucket": self._bucket, "Key": target}
        try:
            self._s3.put_object(**place, Body=kept, ContentType="application/gzip", IfNoneMatch="*")
        except ClientError as error:
            if aws.error_code(error) != "PreconditionFailed":
                raise
            if not archives.same(self._s3.get_object(**place)["Body"].read(), kept):
                raise OutputRefused(f"s3://{self._bucket}/{target} already has other content: train again") from error
        return taken

    def keep(self, job_name: str, file: str) -> str:
        """Copies one of the job's archives if it was not copied yet; returns the SHA-256 of the copy, in hex.

        Can be repeated. Raises EvaluationMissing if there is none, OutputRefused if it was written more than once with
        different bytes, or if another file was copied before.
        """
        source, target = buckets.staged(job_name, file), buckets.kept(job_name, file)
        version, size = self._written(source)
        copied = self._copy(source, target, version=version, size=size)
        kept = self._sha256(target)
        if not copied and kept != self._sha256(source, version=version):
            raise OutputRefused(f"s3://{self._bucket}/{target} already has other content: train again")
        return kept

    def _written(self, source: str) -> tuple[str, int]:
        """The version that the job wrote, and its size."""
        versions = self._versions(source)
        if not versions:
            raise EvaluationMissing(f"the training job left no s3://{self._bucket}/{source}")
        if len(versions) > 1 and len({self._sha256(source, version=version) for version, _ in versions}) > 1:
            raise OutputRefused(
                f"s3://{self._bucket}/{source} was written {len(versions)} times with different bytes: something "
                "other than its training job wrote there. Check the bucket's access log, then train again"
            )
        return versions[0]

    def _versions(self, key: str) -> list[tuple[str, int]]:
        """(id, bytes) of each version of one object."""
        versions: list[tuple[str, int]] = []
        more: dict[str, str] = {}
        while True:
            page = self._s3.list_object_versions(Bucket=self._bucket, Prefix=key, **more)
            versions += [(each["VersionId"], each["Size"]) for each in page.get("Versions", []) if each["Key"] == key]
            if not page.get("IsTruncated"):
                return versions
            more = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    def _sha256(self, key: str, *, version: str | None = None) -> str:
        which = {"VersionId": version} if version else {}
        digest = hashlib.sha256()
        for piece in self._s3.get_object(Bucket=self._bucket, Key=key, **which)["Body"].iter_chunks(_CHUNK):
            digest.update(piece)
        return digest.hexdigest()

    def _copy(self, source: str, target: str, *, version: str, size: int) -> bool:
        """Copies within S3; False if the target exists already, perhaps from an earlier try.

        A multipart upload, because its completion supports the condition: according to S3's guide
        ("conditional-writes-enforce"), CopyObject does not if a policy requires it; its API reference says it does.
        """
        for tried in range(_TRIES):
            try:
                self._copy_parts(source, target, version=version, size=size)
                return True
            except ClientError as error:
                code = aws.error_code(error)
                if code == "PreconditionFailed":
                    return False
                if code != "ConditionalRequestConflict" or tried == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    def _copy_parts(self, source: str, target: str, *, version: str, size: int) -> None:
        place: dict[str, Any] = {"Bucket": self._bucket, "Key": target}
        place["UploadId"] = self._s3.create_multipart_upload(**place, ContentType="application/gzip")["UploadId"]
        try:
            parts = []
            for number, start in enumerate(range(0, size, _PART), start=1):
                copied = self._s3.upload_part_copy(
                    **place,
                    PartNumber=number,
                    CopySource={"Bucket": self._bucket, "Key": source, "VersionId": version},
                    CopySourceRange=f"bytes={start}-{min(start + _PART, size) - 1}",
                )
                parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
            self._s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts}, IfNoneMatch="*")
        except BaseException:
            self._s3.abort_multipart_upload(**place)
            raise
