"""The mirror: what isolated training jobs need from the internet, as `rubric mirror` has put it into the bucket."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment import mirror
from lambda_src.common import aws

_BLOCK = 1024 * 1024
_ABSENT = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
_REMEDY = "Run `rubric --env {environment} mirror` on a machine with internet, then start the run again."


class MirrorIncomplete(Exception):  # noqa: N818 (the state machine shows this name)
    """What an isolated job needs is not in the mirror; one sentence that says what and what to do."""


@dataclass(frozen=True)
class Mirrored:
    """A complete folder of the mirror. sums_sha256: of its SHA256SUMS; digests: SHA-256 by the file's name."""

    uri: str
    sums_sha256: str
    digests: dict[str, str]


class Mirror:
    """The mirror in the artifact bucket. environment: its name, for the command that fills the mirror."""

    def __init__(self, s3: Any, *, bucket: str, environment: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._remedy = _REMEDY.format(environment=environment)

    def wheels(self, lock_sha256: str) -> Mirrored:
        """The packages that this version's jobs install. Raises MirrorIncomplete."""
        return self._complete(mirror.wheels(lock_sha256), "the packages that this version's training jobs install")

    def base_model(self, hub_id: str) -> Mirrored:
        """The files of the hub's model `<id>@<commit>`. Raises MirrorIncomplete."""
        return self._complete(mirror.base_model(hub_id), f"the base model {hub_id}")

    def bring_archive(self, url: str, target: Path) -> None:
        """Write the archive with this address to a file. Raises MirrorIncomplete."""
        folder = mirror.archive(url)
        digests = self._complete(folder, url).digests
        key = f"{folder}{mirror.ARCHIVE}"
        body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]
        with target.open("wb") as file:
            for block in body.iter_chunks(_BLOCK):
                file.write(block)
        if mirror.digest_of(target) != digests.get(mirror.ARCHIVE):
            text = f"s3://{self._bucket}/{key} is not the file whose digest is in {mirror.SUMS}. {self._remedy}"
            raise MirrorIncomplete(text)

    def _complete(self, folder: str, what: str) -> Mirrored:
        uri = f"s3://{self._bucket}/{folder}"
        try:
            content = self._s3.get_object(Bucket=self._bucket, Key=f"{folder}{mirror.SUMS}")["Body"].read()
        except ClientError as error:
            if aws.error_code(error) not in _ABSENT:
                raise
            text = f"Training jobs have no network here, and the mirror does not have {what}. {self._remedy}"
            raise MirrorIncomplete(text) from error
        try:
            digests = mirror.read_sums(content.decode(errors="replace"))
        except mirror.SumsError as error:
            raise MirrorIncomplete(f"In the mirror's {uri}, {error}. {self._remedy}") from error
        lacks = sorted(set(digests) - self._names(folder))
        if lacks:
            text = f"Of {what} the mirror lacks {len(lacks)} of {len(digests)} files, such as {lacks[0]}. "
            raise MirrorIncomplete(f"{text}{self._remedy}")
        return Mirrored(uri, hashlib.sha256(content).hexdigest(), digests)

    def _names(self, folder: str) -> set[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=folder)
        return {entry["Key"].removeprefix(folder) for page in pages for entry in page.get("Contents", [])}
