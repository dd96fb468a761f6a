"""An S3 object that several processes replace, each only if it is still the one that it has read."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common import aws

# "How to prevent object overwrites with conditional writes" in S3's guide: the object is another, was written at the
# same moment, or is gone.
_OVERTAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}


class ChangedError(Exception):
    """Somebody else has written or deleted the object meanwhile; nothing was written."""


def replace(s3: Any, *, bucket: str, key: str, document: Any, etag: str | None) -> str:
    """Writes a document as JSON in place of the object with this ETag (None: there is none); the new ETag.

    Raises ChangedError, and botocore's other errors.
    """
    condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
    place = {"Bucket": bucket, "Key": key}
    try:
        answer = s3.put_object(**place, Body=encoded(document), ContentType="application/json", **condition)
    except ClientError as error:
        if aws.error_code(error) not in _OVERTAKEN:
            raise
        raise ChangedError(f"s3://{bucket}/{key} was changed meanwhile") from error
    return str(answer["ETag"])


def encoded(document: Any) -> bytes:
    """A document as JSON, in UTF-8. Raises ValueError for figures that JSON does not have."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
