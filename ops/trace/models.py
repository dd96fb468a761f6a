"""What a model was trained on, and when it served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment import buckets, stack_outputs
from contracts.deployment.pipeline import training_job
from ops.datasets import stores
from ops.deployment import documents
from ops.deployment.cloud import Cloud
from ops.errors import OpsError, code_of
from ops.models import promotions
from ops.training import training_jobs


@dataclass(frozen=True)
class Learnt:
    """A model that the gate has judged. dataset_version: "" where it was trained on a file that is no version.

    passed: the gate's verdict, with its reason; None if it did not say.
    """

    version: str
    dataset_version: str = ""
    dataset_sha256: str = ""
    passed: bool | None = None
    reason: str = ""
    accuracy: float | None = None


@dataclass(frozen=True)
class Origin:
    """What a model rests on. run: its training job; decision: to train again, where one has started the run; dataset:
    its version, with its rows by origin; served: the promotions that made it serve or took it back, oldest first;
    problems: what cannot be told, and why.
    """

    model: Learnt
    run: dict[str, Any] = field(default_factory=dict)
    decision: dict[str, Any] = field(default_factory=dict)
    dataset: dict[str, Any] = field(default_factory=dict)
    served: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """For JSON output."""
        return asdict(self)


def judged(cloud: Cloud, version: str) -> Learnt | None:
    """The judged model; None if there is no evaluation of it."""
    bucket = cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME)
    try:
        body = cloud.client("s3").get_object(Bucket=bucket, Key=buckets.evaluation(version))["Body"].read()
    except ClientError as error:
        if code_of(error) not in ("NoSuchKey", "404"):
            raise
        return None
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise OpsError(f"s3://{bucket}/{buckets.evaluation(version)} is not an evaluation")
    verdict = said.get("gate") or {}
    return Learnt(
        version=version,
        dataset_version=str(said.get("dataset_version") or ""),
        dataset_sha256=str(said.get("dataset_sha256") or ""),
        passed=verdict.get("passed"),
        reason=str(verdict.get("reason") or ""),
        accuracy=said.get("accuracy"),
    )


def every(cloud: Cloud) -> Iterator[Learnt]:
    """All judged models, by their names, which begin with the times of their runs."""
    bucket = cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME)
    pages = cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=buckets.MODELS)
    for key in (str(each["Key"]) for page in pages for each in page.get("Contents", [])):
        version = key.removeprefix(buckets.MODELS).partition("/")[0]
        if key == buckets.evaluation(version):
            found = judged(cloud, version)
            if found is not None:
                yield found


def origin(cloud: Cloud, version: str) -> Origin:
    """What a model rests on. Raises OpsError if nothing is known of it."""
    model = judged(cloud, version)
    problems = [] if model else [f"there is no evaluation of {version}, which says what it was trained on"]
    job = training_jobs.describe(cloud, version)
    if job is None:
        problems.append(f"SageMaker has no training job {version}")
    run = {"job": version, "seconds": job.seconds, "channels": job.channels} if job else {}
    dataset: dict[str, Any] = {}
    if model and model.dataset_version:
        try:
            stored = stores.versions_of(cloud).read(model.dataset_version)
            dataset = {
                name: stored.manifest[name]
                for name in ("version", "parent", "created", "counts", "parts", "new", "relabelled", "removed")
            }
            dataset["rows"] = stored.manifest["file"]["rows"]
        except OpsError as error:
            problems.append(str(error))
    elif model:
        problems.append(
            f"{version} was trained on a file that is no dataset version (SHA-256 "
            f"{model.dataset_sha256 or 'unknown'}): its rows have no sources of their own"
        )
    return Origin(
        model=model or Learnt(version),
        run=run,
        decision=_decision(cloud, version),
        dataset=dataset,
        served=list(_served(cloud, version)),
        problems=problems,
    )


def _decision(cloud: Cloud, version: str) -> dict[str, Any]:
    """The decision that has started a model's run; {} if none has. The job's name has the run's start and its name."""
    prefix = cloud.settings.prefix
    try:
        started = datetime.strptime(version.removeprefix(f"{prefix}-")[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return {}
    s3, bucket = cloud.client("s3"), cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME)
    for day in (started, started - timedelta(days=1)):
        for made in documents.under(s3, bucket=bucket, prefix=f"{buckets.RETRAINING}{day:%Y%m%d}"):
            run = str(made.get("run") or "")
            if run and training_job(prefix, started=started, execution_name=run) == version:
                return {name: made.get(name) for name in ("decision_id", "at", "by", "decided_by", "reason")}
    return {}


def _served(cloud: Cloud, version: str) -> Iterator[dict[str, Any]]:
    for each in [*promotions.older(cloud), *promotions.history(cloud)]:
        mine, before = (buckets.model_version(uri) == version for uri in (each.artifact_uri, each.previous))
        if mine or (before and each.outcome == promotions.SERVED):
            yield {
                "at": _moment(each.ended or each.at),
                "what": (each.outcome or "rolling out") if mine else "replaced",
                "rollback": each.rollback,
                "by": each.cause,
                "reason": each.reason,
            }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""
