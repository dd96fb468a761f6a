"""S3 as containers use it: download prefixes and objects, upload files."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

_S3_HOST = re.compile(r"^(?:(?P<bucket>.+)\.)?s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?$")
_ABSENT = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
_DENIED = {"403", "AccessDenied"}


class StorageError(Exception):
    """An S3 operation failed; the text says which."""


class ObjectMissingError(StorageError):
    """The object or bucket does not exist."""


class StorageDeniedError(StorageError):
    """The role is not allowed to do this. `message` is S3's."""

    def __init__(self, text: str, message: str) -> None:
        super().__init__(text)
        self.message = message


def parse_uri(uri: str) -> tuple[str, str]:
    """Parse `s3://bucket/key`, `https://s3.<region>.amazonaws.com/bucket/key` or `https://bucket.s3....`.

    Returns (bucket, key).
    """
    parts = urlsplit(uri)
    bucket, key = "", ""
    if parts.scheme == "s3":
        bucket, key = uri[len("s3://") :].partition("/")[::2]
    elif parts.scheme == "https" and (host := _S3_HOST.match(parts.netloc)):
        path = unquote(parts.path).lstrip("/")
        bucket, key = (host["bucket"], path) if host["bucket"] else path.partition("/")[::2]
    if not bucket:
        raise StorageError(f"{uri!r} is not an S3 location")
    return bucket, key


def join_uri(uri: str, *names: str) -> str:
    """Append `names` to `uri` and return an `s3://` URI."""
    bucket, key = parse_uri(uri)
    return f"s3://{bucket}/" + "/".join(part for part in (key.strip("/"), *names) if part)


def download_prefix(s3: Any, uri: str, folder: Path) -> list[Path]:
    """Download every object whose key starts with the URI's into `folder`. Returns the files, possibly none.

    File names follow SageMaker's S3Prefix: a key equal to the prefix keeps its file name; keys below the prefix as a
    folder keep their path below it; all others (the prefix ends inside a name) keep the path below the prefix's last
    `/`.

    Raises StorageDeniedError if the prefix may not be listed, StorageError for other failures.
    """
    bucket, prefix = parse_uri(uri)
    files: list[Path] = []
    for key in keys(s3, bucket, prefix):
        target = Path(os.path.normpath(folder / _relative(key, prefix)))
        if not target.resolve().is_relative_to(folder.resolve()):
            raise StorageError(f"the key {key!r} in bucket {bucket} leads out of the folder it is for")
        if target.exists():
            raise StorageError(f"the key {key!r} in bucket {bucket} is the same file as another key on this machine")
        try:
            _download(s3, bucket, key, target)
        except StorageDeniedError as error:
            # The wording is quoted in aws/amazon-sagemaker-examples #4384.
            text = f"Unable to download object s3://{bucket}/{key} (AccessDenied: Access Denied)"
            raise StorageError(text) from error
        files.append(target)
    return files


def download_object(s3: Any, uri: str, target: Path) -> None:
    """Download one object. Raises ObjectMissingError, StorageError."""
    _download(s3, *parse_uri(uri), target)


def upload_file(s3: Any, source: Path, uri: str, *, key_id: str | None = None) -> None:
    """Upload one file, encrypted with the KMS key if one is given. Raises StorageError."""
    bucket, key = parse_uri(uri)
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else None
    try:
        s3.upload_file(str(source), bucket, key, ExtraArgs=encrypted)
    except (ClientError, BotoCoreError, Boto3Error) as error:
        raise StorageError(str(error)) from error


def delete_object(s3: Any, uri: str) -> None:
    """Delete one object; a missing object is not an error. Raises StorageError."""
    bucket, key = parse_uri(uri)
    try:
        s3.delete_object(Bucket=bucket, Key=key)
    except (ClientError, BotoCoreError) as error:
        raise _as_storage_error(error) from error


def keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """Yield the keys under a prefix without folder markers; none if the bucket does not exist."""
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                if not item["Key"].endswith("/"):
                    yield item["Key"]
    except (ClientError, BotoCoreError) as error:
        failure = _as_storage_error(error)
        if not isinstance(failure, ObjectMissingError):
            raise failure from error


def no_objects_message(uri: str, *, role: str, region: str, message: str | None) -> str:
    """Return the error for a channel that has no objects, or that the role may not list. message: from S3."""
    bucket = parse_uri(uri)[0]
    return (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists in '
        f"the selected region ({region}), that objects exist under that S3 prefix, and that the role "
        f'"{role}" has "s3:ListBucket" permissions on bucket "{bucket}".'
        + (f" Error message from S3: {message}" if message else "")
    )


def _relative(key: str, prefix: str) -> str:
    below = prefix if not prefix or prefix.endswith("/") else prefix + "/"
    if key.startswith(below):
        return key[len(below) :].lstrip("/")
    return key[prefix.rfind("/") + 1 :]


def _download(s3: Any, bucket: str, key: str, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, key, str(target))
    except (ClientError, BotoCoreError, Boto3Error) as error:
        raise _as_storage_error(error) from error
    except (FileExistsError, NotADirectoryError, ValueError) as error:
        raise StorageError(f"the key {key!r} in bucket {bucket} cannot be a file on this machine: {error}") from error


def _as_storage_error(error: Exception) -> StorageError:
    if not isinstance(error, ClientError):
        return StorageError(str(error))
    code = error.response["Error"]["Code"]
    if code in _DENIED:
        return StorageDeniedError(str(error), error.response["Error"]["Message"])
    return (ObjectMissingError if code in _ABSENT else StorageError)(str(error))
