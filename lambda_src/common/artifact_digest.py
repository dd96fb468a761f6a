"""The digest of a model's artifact in S3."""

from __future__ import annotations

import hashlib
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common import s3_uri
from lambda_src.common.aws import error_code

_CHUNK = 8 * 1024 * 1024
_ABSENT = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}


def sha256(s3: Any, *, artifact_uri: str) -> str | None:
    """The SHA-256 of the object, in hex, read in pieces; None if it does not exist.

    The bytes are read each time: for a multipart upload, neither the ETag nor S3's SHA-256 is a digest of the whole
    object (S3 User Guide, "Checking object integrity").
    """
    bucket, key = s3_uri.split(artifact_uri)
    digest = hashlib.sha256()
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    except ClientError as error:
        if error_code(error) not in _ABSENT:
            raise
        return None
    for piece in body.iter_chunks(_CHUNK):
        digest.update(piece)
    return digest.hexdigest()
