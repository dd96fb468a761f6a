"""A/B tests' objects in the artifact bucket: the record, which one step at a time can replace, and what passes by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import ClientError

from contracts.ab_tests import record
from contracts.ab_tests.record import Record
from contracts.deployment import buckets
from lambda_src.ab_test.errors import OvertakenError
from lambda_src.common import aws, one_object


@dataclass(frozen=True)
class Stored:
    """The current record and the ETag of its object; None for both before the first test."""

    record: Record | None
    etag: str | None


def make_client() -> Any:
    """An S3 client. A write of the record that is repeated is refused as overtaken, and nothing is lost by that."""
    return aws.client("s3", connect_timeout=2.0, read_timeout=20.0, attempts=3)


class Store:
    """The objects in `bucket`. Raises botocore's errors."""

    def __init__(self, s3: Any, *, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def current(self) -> Stored:
        """The record of the test that runs, or of the last one."""
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=record.CURRENT)
        except ClientError as error:
            if aws.error_code(error) != "NoSuchKey":
                raise
            return Stored(None, None)
        return Stored(cast(Record, json.loads(answer["Body"].read())), str(answer["ETag"]))

    def save(self, current: Record, *, etag: str | None) -> str:
        """Replaces the record that had this ETag (None: there was none); the new ETag. Raises OvertakenError."""
        try:
            return one_object.replace(self._s3, bucket=self.bucket, key=record.CURRENT, document=current, etag=etag)
        except one_object.ChangedError as error:
            raise OvertakenError("another step has written the record meanwhile") from error

    def archive(self, ended: Record) -> None:
        """Keeps the record of a test that has ended; the same again does no harm."""
        self._put(record.archived(ended["test_id"]), one_object.encoded(ended))

    def archived(self, test_id: str) -> Record | None:
        """The record of a test that has ended; None for one that is not known."""
        found = self.read(record.archived(test_id))
        return None if found is None else cast(Record, json.loads(found))

    def tests(self, *, most: int) -> list[str]:
        """The ids of the newest tests that have ended, the newest first."""
        known = (key.split("/") for key in self._keys(record.TESTS) if key.endswith("/record.json"))
        return sorted((parts[1] for parts in known), reverse=True)[:most]

    def labels(self, version: str) -> list[str] | None:
        """The labels in a model's evaluation; None if it has none."""
        found = self.read(buckets.evaluation(version))
        try:
            labels = json.loads(found)["labels"] if found is not None else None
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return [str(label) for label in labels] if isinstance(labels, list) else None

    def read(self, key: str) -> bytes | None:
        """An object's content; None without one."""
        try:
            return cast(bytes, self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())
        except ClientError as error:
            if aws.error_code(error) != "NoSuchKey":
                raise
            return None

    def write(self, key: str, body: bytes) -> None:
        """Writes an object."""
        self._put(key, body)

    def delete_below(self, prefix: str) -> int:
        """Deletes every object under a prefix; how many there were."""
        keys = list(self._keys(prefix))
        for key in keys:
            self._s3.delete_object(Bucket=self.bucket, Key=key)
        return len(keys)

    def _keys(self, prefix: str) -> Iterator[str]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            yield from (str(each["Key"]) for each in page.get("Contents", []))

    def _put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")
