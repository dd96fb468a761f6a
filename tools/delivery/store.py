"""JSON objects below a prefix of the bootstrap's bucket, written on conditions.

S3 writes with If-None-Match or If-Match, and deletes with If-Match, only where the condition holds (botocore's model of
PutObject and DeleteObject; S3 user guide, "conditional-requests").
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tools.delivery.places import Place

_LOST = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404", "412", "409"}


@dataclass(frozen=True)
class Stored:
    """An object as it was read; etag: of exactly this content."""

    value: dict[str, Any]
    etag: str


@dataclass(frozen=True)
class Store:
    """The objects `<prefix><name>`."""

    place: Place
    prefix: str

    def read(self, name: str) -> Stored | None:
        """The object, or None if there is none."""
        try:
            answer = self.place.s3.get_object(Bucket=self.place.bucket, Key=self.prefix + name)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise
        return Stored(value=json.loads(answer["Body"].read()), etag=answer["ETag"])

    def write(self, name: str, value: dict[str, Any], **condition: str) -> bool:
        """Whether it was written. condition: IfNoneMatch="*" or IfMatch=etag."""
        body = json.dumps(value).encode()
        try:
            self.place.s3.put_object(
                Bucket=self.place.bucket,
                Key=self.prefix + name,
                Body=body,
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if condition and error.response["Error"]["Code"] in _LOST:
                return False
            raise
        return True

    def delete(self, name: str, *, etag: str) -> bool:
        """Whether it was deleted: not where somebody has written it since."""
        try:
            self.place.s3.delete_object(Bucket=self.place.bucket, Key=self.prefix + name, IfMatch=etag)
        except ClientError as error:
            if error.response["Error"]["Code"] in _LOST:
                return False
            raise
        return True

    def upload(self, name: str, body: bytes) -> str:
        """The URL of an object for CloudFormation."""
        self.place.s3.put_object(Bucket=self.place.bucket, Key=self.prefix + name, Body=body)
        return f"{self.place.s3.meta.endpoint_url.rstrip('/')}/{self.place.bucket}/{self.prefix}{name}"
