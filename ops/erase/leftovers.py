"""What an erasure does not reach: names, and how long each is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from contracts.datasets import fold, manifest
from contracts.deployment import buckets, stack_outputs
from environments import kept
from ops.datasets import stores
from ops.deployment.cloud import Cloud
from ops.models import registry
from ops.training import training_jobs

_MODELS = 1_000  # the newest


@dataclass(frozen=True)
class Known:
    """What an erasure has learned.

    datasets: keys in the dataset bucket with a version that held erased texts; looked_into: keys whose versions were
    all read, None if datasets were skipped; quoting: names of models whose evaluation quoted erased texts.
    """

    datasets: set[str]
    looked_into: set[str] | None
    quoting: set[str]


def of(cloud: Cloud, *, known: Known) -> list[str]:
    """A sentence for each."""
    return [*_by_settings(cloud), *_models(cloud, known)]


def _by_settings(cloud: Cloud) -> list[str]:
    data, api, today = cloud.settings.data, cloud.settings.api, datetime.now(UTC).date()
    sentences = []
    if data.point_in_time_recovery:
        sentences.append(
            f"point-in-time backups of the tables, until {_day(today, kept.BACKUP_DAYS)}: after a restore run "
            "`rubric erase --again` on what was restored"
        )
    sentences.append(
        "backups and exports that you made yourself, and answer files of `rubric batch` outside the bucket"
    )
    sentences.append(
        "the log group of the function classify, only where neither the table nor the queue took a text, until "
        f"{_day(today, kept.LOG_GROUP_DAYS)}"
    )
    if cloud.settings.serving.data_capture_percent:
        sentences.append(
            "requests that SageMaker has captured but not yet written: run `rubric erase --again` in an hour"
        )
    if api.answer_cache_seconds:
        sentences.append(f"answers in the memory of the function classify, for {api.answer_cache_seconds} seconds")
    if cloud.settings.classifier.uses_bedrock:
        sentences.append("requests sent to Bedrock, if the account has model invocation logging turned on")
    sentences += _dataset(cloud)
    return sentences


def _dataset(cloud: Cloud) -> list[str]:
    dataset = cloud.settings.data.dataset
    if dataset.source == "file":
        files = ", ".join(dataset.path or [])
        return [
            f"{files} on the machine that deploys, and its copy among the CDK's uploads (the bootstrap bucket): "
            "remove the text from the file, deploy, and delete the old upload (`cdk gc`)"
        ]
    return [f"{dataset.uri}, which Rubric does not manage: erase it there"] if dataset.source == "s3" else []


def _models(cloud: Cloud, known: Known) -> list[str]:
    """The models that were or may have been trained on erased texts, including those that the gate refused."""
    if cloud.stacks.get(stack_outputs.MODEL_PACKAGE_GROUP_NAME) is None:
        return []
    bucket = cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME)
    sentences = []
    registered = [model.version for model in registry.models(cloud, count=_MODELS)]
    for version in dict.fromkeys([*registered, *_stored(cloud, bucket)]):
        if reason := _reason(cloud, version, known):
            sentences.append(
                f"the model {version} {reason}: its weights, and the test texts that model.tar.gz and "
                f"output.tar.gz quote. Train again, then delete models/{version}/ and training/{version}/ "
                f"in s3://{bucket}, all versions"
            )
    return sentences


def _reason(cloud: Cloud, version: str, known: Known) -> str:
    """Why a model is listed; "" if its dataset was read and did not hold the text."""
    ours = f"s3://{cloud.stacks.need(stack_outputs.DATASET_BUCKET_NAME)}/"
    job = training_jobs.describe(cloud, version)
    uri = _trained_on(cloud, job) if job else ""
    if uri and any(f"{ours}{key}".startswith(uri) for key in known.datasets):
        return "was trained on it"
    if version in known.quoting:
        return "was tested with it, and may have been trained on it (its evaluation quoted it)"
    if not uri:
        return "may have been trained on it (SageMaker no longer has its job)"
    if not uri.startswith(ours):
        return f"may have been trained on it (Rubric does not manage its dataset {uri})"
    if known.looked_into is None:
        return "may have been trained on it (datasets were skipped)"
    if not any(f"{ours}{key}".startswith(uri) for key in known.looked_into):
        return f"may have been trained on it (its dataset {uri} is gone or could not be read)"
    return ""


def _trained_on(cloud: Cloud, job: training_jobs.Job) -> str:
    """The S3 URI of a job's rows: if it has folded the ledger, those of the version that it made."""
    if fold.CHANNEL not in job.channels:
        return job.channels.get("dataset", "")
    versions, made = stores.versions_of(cloud), job.hyperparameters.get(manifest.VERSION, "")
    if made not in versions.names():
        return job.channels[fold.CHANNEL]
    bucket = cloud.stacks.need(stack_outputs.DATASET_BUCKET_NAME)
    return f"s3://{bucket}/{versions.read(made).manifest['file']['key']}"


def _stored(cloud: Cloud, bucket: str) -> list[str]:
    """Jobs with an object in the bucket, in any version: not every model is registered."""
    pages = [
        page
        for prefix in (buckets.MODELS, buckets.TRAINING)
        for page in cloud.client("s3")
        .get_paginator("list_object_versions")
        .paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
    ]
    return [one["Prefix"].split("/")[1] for page in pages for one in page.get("CommonPrefixes", [])]


def _day(today: date, days: int) -> str:
    return (today + timedelta(days=days + 1)).isoformat()
