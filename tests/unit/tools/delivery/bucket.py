"""A bucket in memory that honours the conditions of writes and deletes, as S3 documents them."""

from __future__ import annotations

import io
from typing import Any

from botocore.exceptions import ClientError


class Bucket:
    """Stands for a Place: its S3 client, and its bucket."""

    bucket = "assets"

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.s3 = self
        self._writes = 0

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise _error("NoSuchKey")
        body, etag = self.objects[Key]
        return {"Body": io.BytesIO(body), "ETag": etag}

    def put_object(self, *, Key: str, Body: bytes, IfNoneMatch: str = "", IfMatch: str = "", **_: Any) -> None:
        if (IfNoneMatch and Key in self.objects) or (IfMatch and self._etag(Key) != IfMatch):
            raise _error("PreconditionFailed")
        self._writes += 1
        self.objects[Key] = (Body, f'"{self._writes}"')

    def delete_object(self, *, Key: str, IfMatch: str, **_: Any) -> None:
        if self._etag(Key) != IfMatch:
            raise _error("PreconditionFailed")
        del self.objects[Key]

    def _etag(self, key: str) -> str:
        return self.objects.get(key, (b"", ""))[1]


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")
