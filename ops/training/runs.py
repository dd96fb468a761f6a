"""Training runs: starting and finding them, and deciding whether one would change anything."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from contracts.datasets import fold, manifest
from contracts.deployment import mirror, stack_outputs
from contracts.models.hyperparameters import OF_CONTAINER
from contracts.texts import label_mapping
from ops.datasets import stores
from ops.deployment import executions
from ops.deployment.cloud import Cloud
from ops.errors import NOT_FOUND, USAGE, OpsError
from ops.models import registry
from ops.training import training_jobs
from ops.training.training_jobs import Job

SEARCHED = 25
_NOT_FOR_ONE_RUN = (label_mapping.DIGEST, manifest.VERSION, manifest.DIGEST, fold.DIGEST)
# A job on a dataset version has the first two, and not the last: the version has columns and labels of its own. One
# that has made the version has the first and the third, and those of the dataset that it made the version of.
_OF_VERSION = (
    *(manifest.VERSION, manifest.DIGEST, fold.DIGEST, label_mapping.DIGEST),
    *("text_column", "label_column", "encoding", "time_format"),
)


def parse_hyperparameters(settings: Sequence[str]) -> dict[str, str]:
    """Parse `name=value` settings. Raises OpsError for another form, or a name that one run cannot set."""
    values = {}
    for setting in settings:
        name, equals, value = (part.strip() for part in setting.partition("="))
        if not (name and equals and value):
            raise OpsError(f"--set {setting!r}: use NAME=VALUE, such as epochs=12", status=USAGE)
        if name.startswith(("sagemaker_", "base_model")) or name in _NOT_FOR_ONE_RUN:
            raise OpsError(
                f"--set {name}: cannot be set for a single run; change `training` in the environment and deploy",
                status=USAGE,
            )
        values[name] = value
    return values


def dataset_uri(cloud: Cloud, dataset: str | None) -> str | None:
    """The S3 address of `dataset`, which may be a dataset version. Raises OpsError for any other form."""
    if dataset is None or dataset.startswith("s3://"):
        return dataset
    if dataset != "latest" and not re.fullmatch(r"v\d+(\.\d+)?", dataset):
        raise OpsError(
            f"--dataset {dataset!r}: give a dataset version, such as v3 or latest, or an S3 location, such as "
            "s3://bucket/news.csv"
        )
    versions = stores.versions_of(cloud)
    stored = versions.read(dataset)
    if not versions.has_rows(stored):
        raise OpsError(
            f"The rows of dataset version {stored.name} are gone: `rubric data list` lists the versions to train on"
        )
    return versions.uri(stored.name)


def start(
    cloud: Cloud, *, dataset: str | None, hyperparameters: dict[str, str] | None = None, fold_ledger: bool = False
) -> str:
    """Start the training pipeline. Returns the execution's ARN.

    `dataset`: an S3 URI (of a version: its manifest's) instead of the environment's own. `hyperparameters`: these
    instead of the environment's. `fold_ledger`: the job makes the next dataset version, and trains on that.
    """
    machine = cloud.stacks.need(stack_outputs.PIPELINE_ARN)
    payload: dict[str, Any] = {"by": cloud.caller(), **({"dataset_uri": dataset} if dataset else {})}
    if fold_ledger:
        payload[fold.FOLD_LEDGER] = True
    if hyperparameters:
        payload["hyperparameters"] = hyperparameters
    return executions.start(cloud.client("stepfunctions"), machine=machine, payload=payload)


def find(cloud: Cloud, job: str) -> str:
    """The ARN of the pipeline's execution with the training job `job`; "latest" for the newest."""
    sfn = cloud.client("stepfunctions")
    recent = executions.recent(sfn, machine=cloud.stacks.need(stack_outputs.PIPELINE_ARN), count=SEARCHED)
    if not recent:
        raise OpsError("No training run exists yet: `rubric train` starts one", status=NOT_FOUND)
    if job == "latest":
        return recent[0]
    for arn in recent:
        if executions.trace(sfn, arn).job == job:
            return arn
    raise OpsError(f"The latest {SEARCHED} training runs do not include the job {job!r}", status=NOT_FOUND)


def unchanged_since(cloud: Cloud, *, dataset: str | None, hyperparameters: dict[str, str] | None = None) -> str:
    """The approved model's version if training again would use the same dataset, base model and hyperparameters.

    Otherwise "". Compares the deployed stack's hyperparameters, unless it is a legacy stack without that output.
    """
    version = registry.approved_version(cloud)
    job = training_jobs.describe(cloud, version) if version else None
    if job is None:
        return ""
    wanted = dataset or stack_outputs.as_written(cloud.stacks.need(stack_outputs.DATASET_URI))
    base = job.hyperparameters.get("base_model") or job.channels.get("base_model", "")
    same = (
        _read(job, wanted)
        and base == stack_outputs.as_written(cloud.stacks.need(stack_outputs.BASE_MODEL))
        and _same_hyperparameters(
            cloud.stacks.get(stack_outputs.HYPERPARAMETERS),
            hyperparameters or {},
            used=job.hyperparameters,
            ignored=_OF_VERSION if manifest.version_in(wanted) else (),
        )
    )
    return version if same else ""


def _read(job: Job, wanted: str) -> bool:
    """Whether the job trained on this dataset."""
    version = manifest.version_in(wanted)
    if version and fold.CHANNEL in job.channels:
        return job.hyperparameters.get(manifest.VERSION) == version
    return _is_from(wanted, job.channels.get(manifest.CHANNEL if version else "dataset", ""))


def _same_hyperparameters(
    deployed: str | None, changed: dict[str, str], *, used: dict[str, str], ignored: Sequence[str]
) -> bool:
    if deployed is None:
        return not changed
    # The output has the values as they were set; only a job's are encoded.
    own = {name: value for name, value in json.loads(deployed).items() if not name.startswith(OF_CONTAINER)}
    wanted = own | changed
    # The base model is compared by its name, which has the commit; where its files came from makes no difference.
    apart = {"base_model", mirror.BASE_MODEL_DIGEST, *ignored}
    return all(wanted.get(name) == used.get(name) for name in {*wanted, *used} - apart)


def _is_from(source: str, uri: str) -> bool:
    """Whether the S3 URI that a job read is `source`; a web address is stored in S3 under its hash."""
    if source.startswith("s3://"):
        return source == uri
    return hashlib.sha256(source.encode()).hexdigest() in uri
