"""Files of texts in a versioned bucket: rewrites the current version, deletes old versions.

A version is streamed and written in parts as it is read, so its size does not matter.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from botocore.exceptions import ClientError

from ops.erase.editors import Editor, Pieces, UnreadableError
from ops.erase.report import Show, StoreReport
from ops.erase.targets import Wanted
from ops.errors import code_of

_PART_BYTES = 16 * 1024 * 1024  # S3 takes 10,000 parts of an object: 160 GB
_BUFFER = 1 << 20
_OVERTAKEN = ("PreconditionFailed", "ConditionalRequestConflict")
_KEPT_HEADERS = ("ContentType", "ContentEncoding", "ContentDisposition", "CacheControl", "Metadata")


@dataclass(frozen=True)
class Version:
    """A version of an object."""

    key: str
    id: str
    current: bool
    etag: str


class Objects:
    """The objects under `prefix` for whose keys `editor_of` returns an editor (None: the object holds no texts).

    note: called with an object's key before anything in it is erased.
    """

    def __init__(
        self,
        s3: Any,
        *,
        store: str,
        bucket: str,
        prefix: str,
        editor_of: Callable[[str], Editor | None],
        show: Show,
        note: Callable[[str], None] = lambda key: None,
    ) -> None:
        self._s3 = s3
        self._store = store
        self._bucket = bucket
        self._prefix = prefix
        self._editor_of = editor_of
        self._show = show
        self._note = note
        self.changed: set[str] = set()  # keys with a version that held a wanted text
        self.read: set[str] = set()  # keys whose versions were all read

    def run(self, wanted: Wanted, *, apply: bool) -> StoreReport:
        """Count wanted texts in all versions; with `apply`, rewrite the current version and delete the old ones."""
        report = StoreReport(self._store, f"s3://{self._bucket}/{self._prefix}")
        unread = set[str]()
        for version in self._versions():
            editor = self._editor_of(version.key)
            if editor is None:
                continue
            report.looked_at += 1
            self.read.add(version.key)
            name = f"s3://{self._bucket}/{version.key}" + ("" if version.current else f" (version {version.id})")
            try:
                self._one(version, editor, wanted, report, apply=apply)
            except UnreadableError as error:
                unread.add(version.key)
                report.problems.append(f"{name}: {error}")
            except ClientError as error:
                code = code_of(error)
                unread.add(version.key)
                if code in ("NoSuchKey", "NoSuchVersion"):
                    continue  # it has expired in the meantime
                if code not in (*_OVERTAKEN, "InvalidObjectState"):
                    raise
                why = "is archived: restore it first" if code == "InvalidObjectState" else "was written in the meantime"
                report.problems.append(f"{name} {why}, and run the same command again")
            self._show(self._store, report.looked_at, report.found)
        self.read -= unread
        return report

    def _versions(self) -> Iterator[Version]:
        pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=self._prefix)
        for page in pages:
            for one in page.get("Versions", []):
                yield Version(one["Key"], one["VersionId"], bool(one["IsLatest"]), one["ETag"])

    def _one(self, version: Version, editor: Editor, wanted: Wanted, report: StoreReport, *, apply: bool) -> None:
        total = sum(count for _, count in self._pieces(version, editor, wanted))
        if not total:
            return
        report.found += total
        self.changed.add(version.key)
        if not apply:
            return
        self._note(version.key)
        if version.current:
            self._write(version, self._pieces(version, editor, wanted))
        self._s3.delete_object(Bucket=self._bucket, Key=version.key, VersionId=version.id)
        report.erased += total

    def _pieces(self, version: Version, editor: Editor, wanted: Wanted) -> Pieces:
        def open_() -> BinaryIO:
            body = self._s3.get_object(Bucket=self._bucket, Key=version.key, VersionId=version.id)["Body"]
            return cast(BinaryIO, io.BufferedReader(body, _BUFFER))

        return editor(open_, wanted.has_text)

    def _write(self, version: Version, pieces: Pieces) -> None:
        """Write what is left as the current version (a delete marker if nothing is), unless somebody wrote a newer one.

        Without it the previous version would become the current one once this one is deleted.
        """
        parts = _parts(pieces)
        first = next(parts, b"")
        if not first:
            self._s3.delete_object(Bucket=self._bucket, Key=version.key)
            return
        head = self._s3.head_object(Bucket=self._bucket, Key=version.key, VersionId=version.id)
        place = {"Bucket": self._bucket, "Key": version.key}
        kept = {name: head[name] for name in _KEPT_HEADERS if head.get(name)}
        upload = self._s3.create_multipart_upload(**place, **kept)["UploadId"]
        try:
            done = []
            for number, part in enumerate(_with_first(first, parts), start=1):
                answer = self._s3.upload_part(**place, UploadId=upload, PartNumber=number, Body=part)
                done.append({"PartNumber": number, "ETag": answer["ETag"]})
            # "How to prevent object overwrites with conditional writes" in S3's guide.
            self._s3.complete_multipart_upload(
                **place, UploadId=upload, MultipartUpload={"Parts": done}, IfMatch=version.etag
            )
        except BaseException:
            self._s3.abort_multipart_upload(**place, UploadId=upload)
            raise


def _parts(pieces: Pieces) -> Iterator[bytes]:
    held = bytearray()
    for piece, _ in pieces:
        held += piece
        while len(held) >= _PART_BYTES:
            yield bytes(held[:_PART_BYTES])
            del held[:_PART_BYTES]
    if held:
        yield bytes(held)


def _with_first(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
