"""S3 as containers use it: prefixes into folders, objects into files, files into objects."""

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
    """S3 did not give or take something; the text says what."""


class ObjectMissingError(StorageError):
    """There is no such object or bucket."""


class StorageDeniedError(StorageError):
    """The role may not. `message` is S3's."""

    def __init__(self, text: str, message: str) -> None:
        super().__init__(text)
        self.message = message


def parse_uri(uri: str) -> tuple[str, str]:
    """(bucket, key) of `s3://bucket/key`, `https://s3.<region>.amazonaws.com/bucket/key` or `https://bucket.s3....`."""
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
    """The `s3://` URI of `names` below `uri`."""
    bucket, key = parse_uri(uri)
    return f"s3://{bucket}/" + "/".join(part for part in (key.strip("/"), *names) if part)


def download_prefix(s3: Any, uri: str, folder: Path) -> list[Path]:
    """Downloads each object whose key begins with the URI's into `folder`; returns the files, none if there are none.

    As SageMaker's S3Prefix: a key equal to the prefix keeps its file name; keys below the prefix as a folder keep the
    path below it; any other (the prefix ends inside a name) the path below the prefix's last `/`.

    Raises StorageDeniedError where the prefix may not be listed, StorageError for the rest.
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
            # As quoted in aws/amazon-sagemaker-examples #4384.
            text = f"Unable to download object s3://{bucket}/{key} (AccessDenied: Access Denied)"
            raise StorageError(text) from error
        files.append(target)
    return files


def download_object(s3: Any, uri: str, target: Path) -> None:
    """Downloads one object. Raises ObjectMissingError, StorageError."""
    _download(s3, *parse_uri(uri), target)


def upload_file(s3: Any, source: Path, uri: str, *, key_id: str | None = None) -> None:
    """Uploads one file, encrypted with a KMS key where one is given. Raises StorageError."""
    bucket, key = parse_uri(uri)
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else None
    try:
        s3.upload_file(str(source), bucket, key, ExtraArgs=encrypted)
    except (ClientError, BotoCoreError, Boto3Error) as error:
        raise StorageError(str(error)) from error


def delete_object(s3: Any, uri: str) -> None:
    """Deletes one object; one that is not there is no error. Raises StorageError."""
    bucket, key = parse_uri(uri)
    try:
        s3.delete_object(Bucket=bucket, Key=key)
    except (ClientError, BotoCoreError) as error:
        raise _as_storage_error(error) from error


def keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """Keys under a prefix without the folder markers; none where the bucket does not exist."""
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
    """The error for a channel without objects, or one that the role may not list. message: from S3."""
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
