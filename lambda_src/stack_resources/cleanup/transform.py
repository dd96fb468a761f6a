"""Stops transform jobs, whose records AWS keeps. They may have ended already."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common.aws import error_code
from lambda_src.stack_resources.cleanup.deadline import Deadline

_RUNNING = ("InProgress", "Stopping")
_POLL_SECONDS = 5.0


def stop_transform_jobs(sagemaker: Any, prefix: str, *, deadline: Deadline) -> int:
    """Stops the running jobs whose names start with `prefix` and waits for their end; returns how many."""
    count = 0
    for status in _RUNNING:
        while names := _names(sagemaker, prefix, status):
            for name in names if status == "InProgress" else ():
                count += _stop(sagemaker, name)
            deadline.pause(_POLL_SECONDS, f"waiting for the transform job {names[0]} to stop")
    return count


def _names(sagemaker: Any, prefix: str, status: str) -> list[str]:
    pages = sagemaker.get_paginator("list_transform_jobs").paginate(NameContains=prefix, StatusEquals=status)
    names = [job["TransformJobName"] for page in pages for job in page["TransformJobSummaries"]]
    # NameContains also finds the prefix in the middle of somebody else's name.
    return [name for name in names if name.startswith(prefix)]


def _stop(sagemaker: Any, name: str) -> int:
    try:
        sagemaker.stop_transform_job(TransformJobName=name)
    except ClientError as error:
        # It may have ended since it was listed.
        if error_code(error) not in ("ValidationException", "ResourceNotFound"):
            raise
        return 0
    return 1
