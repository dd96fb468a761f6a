"""Removal of the pipeline's model packages and training jobs. They may be gone already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common.aws import error_code
from lambda_src.stack_resources.cleanup.deadline import Deadline

_RUNNING = {"InProgress", "Stopping"}
_POLL_SECONDS = 5.0


def _is_gone(error: ClientError) -> bool:
    """SageMaker raises ValidationException for missing things and for invalid calls: only the message differs."""
    code, message = error_code(error), str(error.response.get("Error", {}).get("Message", "")).lower()
    missing = "does not exist" in message or "could not find" in message or "not found" in message
    return code in ("ResourceNotFound", "ResourceNotFoundException") or (code == "ValidationException" and missing)


def delete_model_packages(sagemaker: Any, group: str, *, deadline: Deadline) -> int:
    """Deletes the group's model packages (the group itself belongs to the stack); returns how many."""
    doing = f"deleting model packages of {group}"
    arns = []
    try:
        for page in sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group):
            deadline.check(doing)
            arns += [package["ModelPackageArn"] for package in page["ModelPackageSummaryList"]]
    except ClientError as error:
        if _is_gone(error):
            return 0
        raise
    for arn in arns:
        deadline.check(doing)
        try:
            sagemaker.delete_model_package(ModelPackageName=arn)
        except ClientError as error:
            if not _is_gone(error):
                raise
    return len(arns)


def stop_training_jobs(sagemaker: Any, prefix: str, *, deadline: Deadline) -> int:
    """Stops the running jobs whose names start with `prefix` and waits for their end; returns how many ran."""
    return _end(sagemaker, dict(_jobs(sagemaker, prefix, deadline=deadline)), deadline=deadline)


def delete_training_jobs(sagemaker: Any, prefix: str, *, deadline: Deadline, logger: Any) -> int:
    """Deletes the training jobs whose names start with `prefix`, running ones after a stop; returns how many."""
    jobs = dict(_jobs(sagemaker, prefix, deadline=deadline))
    _end(sagemaker, jobs, deadline=deadline)
    if not hasattr(sagemaker, "delete_training_job"):
        logger.warning("this boto3 cannot delete training jobs; their records stay", jobs=len(jobs))
        return 0
    for name in jobs:
        deadline.check(f"deleting training jobs {prefix}*")
        try:
            sagemaker.delete_training_job(TrainingJobName=name)
        except ClientError as error:
            if not _is_gone(error):
                raise
    return len(jobs)


def _end(sagemaker: Any, jobs: dict[str, str], *, deadline: Deadline) -> int:
    running = {name: status for name, status in jobs.items() if status in _RUNNING}
    for name, status in running.items():
        if status == "InProgress":
            _stop(sagemaker, name)
    for name in running:
        _wait(sagemaker, name, deadline=deadline)
    return len(running)


def _jobs(sagemaker: Any, prefix: str, *, deadline: Deadline) -> Iterator[tuple[str, str]]:
    for page in sagemaker.get_paginator("list_training_jobs").paginate(NameContains=prefix):
        deadline.check(f"listing training jobs {prefix}*")
        for job in page["TrainingJobSummaries"]:
            # NameContains also finds the prefix in the middle of somebody else's name.
            if job["TrainingJobName"].startswith(prefix):
                yield job["TrainingJobName"], job["TrainingJobStatus"]


def _stop(sagemaker: Any, name: str) -> None:
    try:
        sagemaker.stop_training_job(TrainingJobName=name)
    except ClientError as error:
        # It may have ended since it was listed: that is a ValidationException as well.
        if error_code(error) != "ValidationException" and not _is_gone(error):
            raise


def _wait(sagemaker: Any, name: str, *, deadline: Deadline) -> None:
    while True:
        try:
            status = sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"]
        except ClientError as error:
            if _is_gone(error):
                return
            raise
        if status not in _RUNNING:
            return
        deadline.pause(_POLL_SECONDS, f"waiting for the training job {name} to stop")
