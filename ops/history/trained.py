"""Dataset versions, training runs and the gate's verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from contracts.datasets import manifest
from contracts.deployment import buckets, stack_outputs
from contracts.deployment.pipeline import NothingNew, training_job
from ops.datasets import stores
from ops.deployment import documents
from ops.deployment.cloud import Cloud
from ops.errors import code_of
from ops.history.event import DATASET, RUN, VERDICT, Event, happened

_JOBS = 500
# What Step Functions asks one machine to pass on to another that it starts ("concepts-nested-workflows").
_STARTED_BY = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"


def of_datasets(cloud: Cloud) -> Iterator[Event]:
    """Each dataset version, and what an erasure left of one."""
    versions = stores.versions_of(cloud)
    for name in versions.names():
        stored = versions.read(name)
        said = stored.manifest
        origins = ", ".join(
            f"{sum(of_label.values()):,} from {origin}" for origin, of_label in sorted(said["counts"].items())
        )
        changes = f"{said['new']:,} new, {said['relabelled']:,} relabelled, {said['removed']:,} removed"
        verb = "is what an erasure left" if said["reason"] == manifest.ERASURE else "was frozen"
        yield from happened(
            said["created"],
            DATASET,
            f"{name} {verb}: {said['file']['rows']:,} rows ({origins}); {changes}",
            about=name,
            details={"parent": said["parent"], "manifest_sha256": stored.sha256},
        )


def of_runs(cloud: Cloud, *, since: datetime | None) -> Iterator[Event]:
    """Each training run: its start, and its end if Step Functions still has it; else its training job's."""
    sfn, known = cloud.client("stepfunctions"), set[str]()
    machine = cloud.stacks.need(stack_outputs.PIPELINE_ARN)
    pages = sfn.get_paginator("list_executions").paginate(stateMachineArn=machine)
    for listed in (each for page in pages for each in page["executions"]):
        if since and listed.get("stopDate") and listed["stopDate"] < since:
            continue  # its end may be of interest where its start is not
        described = sfn.describe_execution(executionArn=listed["executionArn"])
        job = training_job(cloud.settings.prefix, started=described["startDate"], execution_name=str(described["name"]))
        known.add(job)
        yield from _of_run(described, job=job)
    yield from _of_jobs(cloud, known=known, since=since)


def _of_run(described: dict[str, Any], *, job: str) -> Iterator[Event]:
    given = documents.parsed(described.get("input"))
    by = _by(given)
    uri = str(given.get("dataset_uri", ""))
    of = f" on {manifest.version_in(uri) or uri}" if uri else ""
    details = {"execution": described["executionArn"], "job": job, "status": described["status"]}
    yield from happened(described["startDate"], RUN, f"training began{of}", by=by, about=job, details=details)
    if described.get("stopDate"):
        what = f"training ended: {_end(described)}"
        yield from happened(described["stopDate"], RUN, what, by=by, about=job, details=details)


def _by(given: dict[str, Any]) -> str:
    """Who or what started a run, by its input; "" if the input does not say."""
    if given.get("decision"):
        return f"the decision {given['decision']}"
    if given.get("source") == "aws.events":  # a rule passes its event on
        return "the schedule"
    if machine := str(given.get(_STARTED_BY) or ""):
        return f"the machine {machine.split(':')[-2]}" if machine.count(":") > 1 else machine
    return str(given.get("by") or "")


def _end(described: dict[str, Any]) -> str:
    if nothing := NothingNew.of(documents.parsed(described.get("output"))):
        return f"nothing was trained ({nothing.reason})"
    reason = str(described.get("cause") or described.get("error") or "")
    return f"{described['status'].lower()}{f' ({reason})' if reason else ''}"


def _of_jobs(cloud: Cloud, *, known: set[str], since: datetime | None) -> Iterator[Event]:
    """Training jobs of runs that Step Functions no longer has."""
    asked: dict[str, Any] = {"NameContains": f"{cloud.settings.prefix}-", "SortBy": "CreationTime"}
    if since:
        asked["CreationTimeAfter"] = since
    pages = (
        cloud.client("sagemaker")
        .get_paginator("list_training_jobs")
        .paginate(**asked, SortOrder="Descending", PaginationConfig={"MaxItems": _JOBS})
    )
    for job in (each for page in pages for each in page["TrainingJobSummaries"]):
        name = str(job["TrainingJobName"])
        if name in known or not name.startswith(f"{cloud.settings.prefix}-"):
            continue
        details = {"job": name, "status": job["TrainingJobStatus"]}
        yield from happened(job["CreationTime"], RUN, "a training job began", about=name, details=details)
        if job.get("TrainingEndTime"):
            what = f"a training job ended: {job['TrainingJobStatus'].lower()}"
            yield from happened(job["TrainingEndTime"], RUN, what, about=name, details=details)


def of_verdicts(cloud: Cloud, *, since: datetime | None) -> Iterator[Event]:
    """The gate's verdict on each model that was judged, also on those that it refused."""
    bucket = cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME)
    s3 = cloud.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=buckets.MODELS)
    for found in (each for page in pages for each in page.get("Contents", [])):
        key, at = str(found["Key"]), found["LastModified"]
        version = key.removeprefix(buckets.MODELS).removesuffix(f"/{buckets.EVALUATION_FILE}")
        if key != buckets.evaluation(version) or (since and at < since):
            continue
        try:
            evaluation = documents.parsed(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except ClientError as error:
            if code_of(error) != "NoSuchKey":  # deleted meanwhile
                raise
            continue
        verdict = evaluation.get("gate") or {}
        champion = (evaluation.get("champion") or {}).get("model_version")
        passed = "passed the gate" if verdict.get("passed") else "was refused by the gate"
        yield from happened(
            at,
            VERDICT,
            f"{version} {passed}: {verdict.get('reason', '')}",
            by=f"the gate, against {champion}" if champion else "the gate",
            about=version,
            details={
                "passed": verdict.get("passed"),
                "dataset_version": evaluation.get("dataset_version"),
                "champion": champion,
                "accuracy": evaluation.get("accuracy"),
            },
        )
