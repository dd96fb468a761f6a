"""Dataset versions in the dataset bucket: reading them, and storing one whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from contracts.datasets import manifest
from contracts.datasets.manifest import Manifest
from ops.errors import NOT_FOUND, USAGE, OpsError, code_of

_GONE = ("NoSuchKey", "404", "NotFound")
_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Stored:
    """A version as it is stored; sha256: of its manifest."""

    manifest: Manifest
    sha256: str

    @property
    def name(self) -> str:
        """Its name, such as v3."""
        return self.manifest["version"]

    def document(self) -> dict[str, Any]:
        """For JSON output."""
        return {**self.manifest, "manifest_sha256": self.sha256}


class Versions:
    """The versions in `bucket`."""

    def __init__(self, s3: Any, *, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def names(self) -> list[str]:
        """All versions, oldest first; what an erasure left of one follows it."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=manifest.VERSIONS)
        found = [manifest.version_in(self._uri(one["Key"])) for page in pages for one in page.get("Contents", [])]
        return sorted(filter(None, found), key=manifest.number)

    def newest(self) -> Stored | None:
        """The newest version; None before the first."""
        names = self.names()
        return self.read(names[-1]) if names else None

    def read(self, name: str) -> Stored:
        """A version, or `latest`. Raises OpsError if there is none, or if its manifest is of another layout."""
        if name == "latest":
            newest = self.newest()
            if newest is None:
                raise OpsError("There is no dataset version yet: `rubric data freeze` makes one", status=NOT_FOUND)
            return newest
        try:
            manifest.number(name)
        except ValueError as error:
            raise OpsError(str(error), status=USAGE) from None
        try:
            content = self._s3.get_object(Bucket=self._bucket, Key=manifest.key_of(name))["Body"].read()
        except ClientError as error:
            if code_of(error) not in _GONE:
                raise
            raise OpsError(
                f"There is no dataset version {name}: `rubric data list` lists them", status=NOT_FOUND
            ) from (None)
        try:
            return Stored(manifest.read(content), manifest.digest(content))
        except manifest.LayoutError as error:
            raise OpsError(f"Dataset version {name}: {error}") from None

    def uri(self, name: str) -> str:
        """The address of a version's manifest, by which training finds it."""
        return self._uri(manifest.key_of(name))

    def _uri(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"

    def download(self, version: Stored, path: Path) -> None:
        """Bring the version's rows to a file. Raises OpsError if they are gone, or not those of the manifest."""
        key, digest = version.manifest["file"]["key"], hashlib.sha256()
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]
        except ClientError as error:
            if code_of(error) not in _GONE:
                raise
            raise OpsError(
                f"The rows of dataset version {version.name} are gone, by an erasure or by hand: `rubric data list` "
                "lists the versions that there are",
                status=NOT_FOUND,
            ) from None
        with path.open("wb") as file:
            while block := body.read(_BLOCK):
                digest.update(block)
                file.write(block)
        if digest.hexdigest() != version.manifest["file"]["sha256"]:
            raise OpsError(
                f"The rows of dataset version {version.name} are not those of its manifest: somebody changed "
                f"{self._uri(key)}; S3 keeps its old versions for some days"
            )

    def has_rows(self, version: Stored) -> bool:
        """Whether the version's rows are still there."""
        try:
            self._s3.head_object(Bucket=self._bucket, Key=version.manifest["file"]["key"])
        except ClientError as error:
            if code_of(error) not in _GONE:
                raise
            return False
        return True

    def store(self, document: Manifest, content: bytes, *, check: Callable[[], None] = lambda: None) -> Stored:
        """Store a version: its rows first, its manifest last, so that whatever ends this leaves a version or none.

        check: called in between; what it raises ends this. Raises OpsError if somebody else has stored a version of its
        name meanwhile ("How to prevent object overwrites with conditional writes" in S3's guide).
        """
        key, written = document["file"]["key"], manifest.to_json(document)
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType="text/csv")
        try:
            check()
            self._s3.put_object(
                Bucket=self._bucket,
                Key=manifest.key_of(document["version"]),
                Body=written,
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if code_of(error) not in _TAKEN:
                raise
            self._take_back(key)
            raise OpsError(
                f"{document['version']} was frozen by somebody else in the meantime: look at it "
                f"(`rubric data show {document['version']}`) and freeze again"
            ) from None
        except OpsError:
            self._take_back(key)
            raise
        return Stored(document, manifest.digest(written))

    def _take_back(self, key: str) -> None:
        """Delete rows that no manifest names: another version's rows may be the same."""
        if all(self.read(name).manifest["file"]["key"] != key for name in self.names()):
            self._s3.delete_object(Bucket=self._bucket, Key=key)
