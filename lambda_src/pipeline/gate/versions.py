"""Stores the dataset version that a training job has made: its rows first, its manifest last."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from contracts.datasets import ledger, manifest
from contracts.datasets.fold import Next
from contracts.datasets.manifest import Manifest
from lambda_src.common import aws, erased_rows
from lambda_src.pipeline.gate.errors import OutputRefused, VersionRefused

_ABSENT = {"404", "NoSuchKey", "NotFound"}
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}


def checked(wanted: Next, *, rows: bytes, written: bytes, named: str | None) -> Manifest:
    """The manifest, if it is that of these rows and of the version that the run was to make. Raises OutputRefused.

    written: the manifest's bytes; named: the digest by which the evaluation names it.
    """
    if manifest.digest(written) != named:
        raise OutputRefused("the training job's evaluation names another dataset version than its output has")
    try:
        document = manifest.read(written)
    except manifest.LayoutError as error:
        raise OutputRefused(str(error)) from error
    sha256 = manifest.digest(rows)
    made = {"version": document["version"], "parent": document["parent"], "created": document["created"]}
    file = {"key": manifest.file_key(sha256), "sha256": sha256, "bytes": len(rows)}
    if made != wanted or {name: document["file"].get(name) for name in file} != file:
        raise OutputRefused("the training job's output has other rows, or another version, than its manifest says")
    return document


class Versions:
    """The versions in `bucket`. table: the ledger's; key: reads the key of the tombstones' hashes."""

    def __init__(self, s3: Any, dynamodb: Any, *, bucket: str, table: str, key: Callable[[], bytes]) -> None:
        self._s3 = s3
        self._dynamodb = dynamodb
        self._bucket = bucket
        self._ledger = table
        self._key = key

    def store(self, document: Manifest, *, rows: bytes, written: bytes) -> bool:
        """Store the version; False if it is stored already. Whatever ends this leaves the version or none.

        Raises VersionRefused if another of its name, a newer one or an erasure came first.
        """
        if self._is_stored(document["version"], written):
            return False
        self._check(document, rows)
        key = document["file"]["key"]
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=rows, ContentType="text/csv")
        try:
            # Again: an erasure that comes now finds the rows.
            self._check(document, rows)
            self._put(document["version"], written)
        except VersionRefused:
            self._take_back(key)
            raise
        return True

    def _put(self, version: str, written: bytes) -> None:
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=manifest.key_of(version),
                Body=written,
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if aws.error_code(error) not in _TAKEN:
                raise
            if not self._is_stored(version, written):
                raise VersionRefused(_late(version)) from error

    def _is_stored(self, version: str, written: bytes) -> bool:
        """Whether these bytes are its manifest. Raises VersionRefused if others are."""
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=manifest.key_of(version))["Body"].read()
        except ClientError as error:
            if aws.error_code(error) not in _ABSENT:
                raise
            return False
        if found != written:
            raise VersionRefused(_late(version))
        return True

    def _check(self, document: Manifest, rows: bytes) -> None:
        newest = next(reversed(self._names()), None)
        if newest != document["parent"]:
            raise VersionRefused(_late(newest or "A version"))
        ids = (line[0] for line in csv.reader(io.TextIOWrapper(io.BytesIO(rows), "utf-8", newline="")))
        if erased_rows.among(ids, self._tombstones(), key=self._key):
            raise VersionRefused(
                "Somebody erased texts that this run has trained on, so its model is not used: start the run again"
            )

    def _tombstones(self) -> set[str]:
        """Their keyed hashes, from the index, which is a moment behind the ledger's table."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._ledger,
            IndexName=ledger.BY_DAY,
            KeyConditionExpression="#shard = :shard",
            ExpressionAttributeNames={"#shard": ledger.DAY_SHARD},
            ExpressionAttributeValues={":shard": {"S": ledger.TOMBSTONES}},
        )
        found = (ledger.tombstone_of(item["row_id"]["S"]) for page in pages for item in page["Items"])
        return set(filter(None, found))

    def _names(self) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=manifest.VERSIONS)
        keys = (one["Key"] for page in pages for one in page.get("Contents", []))
        found = [manifest.version_in(f"s3://{self._bucket}/{key}") for key in keys]
        return sorted(filter(None, found), key=manifest.number)

    def _take_back(self, key: str) -> None:
        """Delete rows that no manifest names: another version's rows may be the same."""
        for name in self._names():
            content = self._s3.get_object(Bucket=self._bucket, Key=manifest.key_of(name))["Body"].read()
            if manifest.read(content)["file"]["key"] == key:
                return
        self._s3.delete_object(Bucket=self._bucket, Key=key)


def _late(newest: str) -> str:
    return (
        f"{newest} was made while this run trained, so what the run has learnt from is no version, and its model is "
        "not used: start the run again"
    )
