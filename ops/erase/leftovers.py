"""What an erasure does not reach, by name, and until when it is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from contracts import buckets, stack_outputs
from environments import kept
from ops.deployment.cloud import Cloud
from ops.models import registry
from ops.training import training_jobs

_MODELS = 1_000  # the newest


@dataclass(frozen=True)
class Known:
    """What an erasure has found out.

    datasets: keys of the dataset bucket of which a version held what was erased; looked_into: those whose versions were
    all read, None where datasets were left out; quoting: names of models whose evaluation quoted it.
    """

    datasets: set[str]
    looked_into: set[str] | None
    quoting: set[str]


def of(cloud: Cloud, *, known: Known) -> list[str]:
    """One sentence for each."""
    return [*_by_settings(cloud), *_models(cloud, known)]


def _by_settings(cloud: Cloud) -> list[str]:
    data, api, today = cloud.settings.data, cloud.settings.api, datetime.now(UTC).date()
    found = []
    if data.point_in_time_recovery:
        found.append(
            f"point-in-time backups of the tables, until {_day(today, kept.BACKUP_DAYS)}: after a restore run "
            "`rubric erase --again` on what was restored"
        )
    found.append("backups and exports that you made yourself, the answer files of `rubric batch` outside the bucket")
    found.append(
        "the log group of the function classify, only where neither the table nor the queue took a text, until "
        f"{_day(today, kept.LOG_GROUP_DAYS)}"
    )
    if cloud.settings.serving.data_capture_percent:
        found.append(
            "requests that SageMaker has captured and not yet written: `rubric erase --again` erases them in an hour"
        )
    if api.answer_cache_seconds:
        found.append(f"answers in the memory of the function classify, for {api.answer_cache_seconds} seconds")
    if cloud.settings.classifier.uses_bedrock:
        found.append("what Bedrock was sent, if the account has its model invocation logging on")
    found += _dataset(cloud)
    return found


def _dataset(cloud: Cloud) -> list[str]:
    dataset = cloud.settings.data.dataset
    if dataset.source == "file":
        return [
            f"{dataset.path} on the machine that deploys, and its copy among the CDK's uploads (the bootstrap bucket): "
            "take the text out of the file, deploy, and delete the old upload (`cdk gc`)"
        ]
    return [f"{dataset.uri}, which is not Rubric's: erase it there"] if dataset.source == "s3" else []


def _models(cloud: Cloud, known: Known) -> list[str]:
    """The models that were or may have been trained on what was erased, those that the gate refused included."""
    if cloud.stacks.get(stack_outputs.MODEL_PACKAGE_GROUP_NAME) is None:
        return []
    bucket = cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME)
    found = []
    registered = [model.version for model in registry.models(cloud, count=_MODELS)]
    for version in dict.fromkeys([*registered, *_stored(cloud, bucket)]):
        if reason := _reason(cloud, version, known):
            found.append(
                f"the model {version} {reason}: its weights, and the test texts that model.tar.gz and "
                f"output.tar.gz quote. Train again, then delete models/{version}/ and training/{version}/ "
                f"in s3://{bucket}, all versions"
            )
    return found


def _reason(cloud: Cloud, version: str, known: Known) -> str:
    """Why a model is named; "" for one whose dataset was read and did not hold it."""
    ours = f"s3://{cloud.stacks.need(stack_outputs.DATASET_BUCKET_NAME)}/"
    job = training_jobs.describe(cloud, version)
    uri = job.channels.get("dataset", "") if job else ""
    if uri and any(f"{ours}{key}".startswith(uri) for key in known.datasets):
        return "was trained on it"
    if version in known.quoting:
        return "was tested with it, and may have been trained on it (its evaluation quoted it)"
    if not uri:
        return "may have been trained on it (its job is not known any more)"
    if not uri.startswith(ours):
        return f"may have been trained on it (its dataset {uri} is not Rubric's)"
    if known.looked_into is None:
        return "may have been trained on it (datasets were skipped)"
    if not any(f"{ours}{key}".startswith(uri) for key in known.looked_into):
        return f"may have been trained on it (its dataset {uri} is gone or could not be read)"
    return ""


def _stored(cloud: Cloud, bucket: str) -> list[str]:
    """Jobs of which something is in the bucket, in any version: not every model is registered."""
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
