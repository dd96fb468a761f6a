"""Training runs: starting one, finding one, and telling whether one would change anything."""

from __future__ import annotations

import hashlib
from typing import Any

from botocore.exceptions import ClientError

from ops import executions, registry
from ops.cloud import Cloud
from ops.errors import NOT_FOUND, OpsError, code_of

SEARCHED = 25


def start(cloud: Cloud, *, dataset: str | None) -> str:
    """Start the training pipeline; the execution's ARN. `dataset` is an S3 URI instead of the environment's own."""
    if dataset is not None and not dataset.startswith("s3://"):
        raise OpsError(f"--dataset {dataset!r}: give an S3 location, such as s3://bucket/news.csv")
    machine = cloud.stacks.need("PipelineArn")
    payload = {"dataset_uri": dataset} if dataset else {}
    return executions.start(cloud.client("stepfunctions"), machine=machine, payload=payload)


def find(cloud: Cloud, job: str) -> str:
    """The ARN of the pipeline's execution that runs or ran training job `job`; "latest" for the newest."""
    sfn = cloud.client("stepfunctions")
    recent = executions.recent(sfn, machine=cloud.stacks.need("PipelineArn"), count=SEARCHED)
    if not recent:
        raise OpsError("No training has run yet: `rubric train` starts one", status=NOT_FOUND)
    if job == "latest":
        return recent[0]
    for arn in recent:
        if executions.trace(sfn, arn).job == job:
            return arn
    raise OpsError(f"None of the latest {SEARCHED} training runs has the job {job!r}", status=NOT_FOUND)


def unchanged_since(cloud: Cloud, *, dataset: str | None) -> str:
    """The approved model's version if training again would use the same dataset and base model, else ""."""
    version = registry.approved_version(cloud)
    if not version:
        return ""
    try:
        job = cloud.client("sagemaker").describe_training_job(TrainingJobName=version)
    except ClientError as error:
        if code_of(error) not in ("ValidationException", "ResourceNotFound"):
            raise
        return ""
    wanted = dataset or cloud.stacks.need("DatasetUri")
    same_data = _is_from(wanted, _channel(job, "dataset"))
    base = job.get("HyperParameters", {}).get("base_model") or _channel(job, "base_model")
    return version if same_data and base == cloud.stacks.need("BaseModel") else ""


def _channel(job: dict[str, Any], name: str) -> str:
    for channel in job.get("InputDataConfig", []):
        if channel["ChannelName"] == name:
            return str(channel["DataSource"]["S3DataSource"]["S3Uri"])
    return ""


def _is_from(source: str, uri: str) -> bool:
    """Whether the S3 URI a job read is `source`; a web address is kept in S3 under its hash."""
    if source.startswith("s3://"):
        return source == uri
    return hashlib.sha256(source.encode()).hexdigest() in uri
