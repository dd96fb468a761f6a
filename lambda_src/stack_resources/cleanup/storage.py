"""Removal of buckets, parameters and log streams. All of it may be gone already."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common.aws import error_code
from lambda_src.stack_resources.cleanup.deadline import Deadline

_BUCKET_GONE, _WRITTEN_TO = "NoSuchBucket", "BucketNotEmpty"
_LOG_GROUP_GONE = "ResourceNotFoundException"
_RETRY_SECONDS = 2.0


def empty_bucket(s3: Any, bucket: str, *, deadline: Deadline) -> int:
    """Deletes every version and delete marker; returns how many. Raises RuntimeError for what S3 refuses to delete."""
    doing = f"emptying the bucket {bucket}"
    count = 0
    while True:
        deadline.check(doing)
        try:
            # From the start each time: the objects of the last page are deleted by now.
            page = s3.list_object_versions(Bucket=bucket, MaxKeys=1000)
        except ClientError as error:
            if error_code(error) == _BUCKET_GONE:
                return count
            raise
        entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not entries:
            return count
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        for fault in answer.get("Errors", []):
            raise RuntimeError(f"{bucket}/{fault.get('Key')} cannot be deleted: {fault.get('Message')}")
        count += len(objects)


def delete_bucket(s3: Any, bucket: str, *, deadline: Deadline) -> int:
    """Empties a bucket and deletes it, repeatedly while others write to it; returns how many objects were deleted.

    CloudFormation's own deletion would fail if something was written after the bucket was emptied.
    """
    count = 0
    while True:
        count += empty_bucket(s3, bucket, deadline=deadline)
        try:
            s3.delete_bucket(Bucket=bucket)
        except ClientError as error:
            if error_code(error) == _BUCKET_GONE:
                return count
            if error_code(error) != _WRITTEN_TO:
                raise
            deadline.pause(_RETRY_SECONDS, f"deleting the bucket {bucket}, which is still written to")
        else:
            return count


def delete_parameter(ssm: Any, name: str) -> None:
    """Deletes an SSM parameter."""
    try:
        ssm.delete_parameter(Name=name)
    except ClientError as error:
        if error_code(error) != "ParameterNotFound":
            raise


def delete_parameters_below(ssm: Any, path: str, *, deadline: Deadline) -> int:
    """Deletes the SSM parameters whose names start with `path` and a slash; returns how many."""
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
    names = [parameter["Name"] for page in pages for parameter in page["Parameters"]]
    for name in names:
        deadline.check(f"deleting the parameters below {path}")
        delete_parameter(ssm, name)
    return len(names)


def delete_log_streams(logs: Any, group: str, *, prefix: str, deadline: Deadline) -> int:
    """Deletes the group's streams that start with `prefix`; returns how many.

    The group stays, even if empty: the account's other environments log to it, and may not be allowed to create it.
    """
    count = 0
    try:
        while True:
            deadline.check(f"deleting log streams of {group}")
            streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"]
            if not streams:
                break
            for stream in streams:
                _delete_log_stream(logs, group, stream["logStreamName"])
                count += 1
    except ClientError as error:
        if error_code(error) != _LOG_GROUP_GONE:
            raise
    return count


def _delete_log_stream(logs: Any, group: str, stream: str) -> None:
    try:
        logs.delete_log_stream(logGroupName=group, logStreamName=stream)
    except ClientError as error:
        if error_code(error) != _LOG_GROUP_GONE:
            raise
