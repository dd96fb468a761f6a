"""The training job's input. No I/O but through what is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.datasets import fold, manifest
from contracts.deployment import buckets
from contracts.deployment import mirror as mirror_layout
from contracts.deployment.pipeline import training_job
from contracts.models import hyperparameters
from contracts.texts import label_mapping
from lambda_src.common import s3_uri
from lambda_src.pipeline.prepare_training.dal import Version
from lambda_src.pipeline.prepare_training.environment import PrepareTrainingSettings
from lambda_src.pipeline.prepare_training.folding import Fold
from lambda_src.pipeline.prepare_training.mirror import Mirror

_COMPACT, _LINEAR = "compact", "linear"  # training.base_model and training.model without a download
_MAX_JOB_NAME = 63  # SageMaker's limit
# Where the code is, and files that the stack has uploaded.
_NOT_FOR_ONE_RUN = (
    *(hyperparameters.OF_CONTAINER, "base_model", label_mapping.DIGEST),
    *(manifest.VERSION, manifest.DIGEST, fold.DIGEST),
)
# How the environment's dataset is read.
_OF_FILES = ("text_column", "label_column", "encoding", "time_format")


class InputRefused(Exception):  # noqa: N818 (the state machine shows this name)
    """The execution's input cannot be used; one sentence."""


def execution_input(given: Any) -> dict[str, Any]:
    """The execution's input; raises InputRefused."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise InputRefused("the execution's input must be a JSON object, such as {}")
    return given


def overrides(values: Any) -> dict[str, str]:
    """Hyperparameters for this run only, as SageMaker expects them; raises InputRefused."""
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(value, str | int | float) for value in values.values()):
        raise InputRefused("the input's hyperparameters must be an object of names and plain values")
    for name in values:
        if name.startswith(_NOT_FOR_ONE_RUN):
            raise InputRefused(f"hyperparameter {name} cannot be set for one run: change the environment and deploy")
        if len(hyperparameters.encoded(str(values[name]))) > hyperparameters.MAX_VALUE:
            raise InputRefused(f"the value of hyperparameter {name} is too long for SageMaker: shorten it")
    return {name: str(value) for name, value in values.items()}


def folds(execution_input: Mapping[str, Any]) -> bool:
    """Whether the run folds the ledger; raises InputRefused."""
    wanted = execution_input.get(fold.FOLD_LEDGER, False)
    if not isinstance(wanted, bool):
        raise InputRefused(f"the input's {fold.FOLD_LEDGER} must be true or false")
    if wanted and execution_input.get("dataset_uri"):
        raise InputRefused(f"with {fold.FOLD_LEDGER} the run makes its dataset: leave dataset_uri out")
    return wanted


def job_name(*, project: str, environment: str, start_time: str, execution_name: str) -> str:
    """`<project>-<environment>-<yyyymmdd-hhmmss>-<4 hex>` (UTC), the same for an execution each time: no second job.

    Raises ValueError for a start time that is not ISO 8601 and for names that leave no room.
    """
    started = datetime.fromisoformat(start_time)
    if started.tzinfo is None:
        started = started.replace(tzinfo=UTC)
    name = training_job(f"{project}-{environment}", started=started, execution_name=execution_name)
    if len(name) > _MAX_JOB_NAME:
        excess = len(name) - _MAX_JOB_NAME
        raise ValueError(f"the job name {name!r} is {excess} characters too long: shorten `project` or `name`")
    return name


def channel(name: str, uri: str) -> dict[str, Any]:
    """An entry of InputDataConfig: everything under `uri` as files in the channel's folder."""
    return {
        "ChannelName": name,
        "DataSource": {
            "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
        },
        "InputMode": "File",
    }


@dataclass(frozen=True, kw_only=True)
class Isolated:
    """What a job without a network gets besides: channels by name, and hyperparameters."""

    channels: dict[str, str]
    hyperparameters: dict[str, str]


def isolated(settings: PrepareTrainingSettings, mirror: Mirror, *, overrides: Mapping[str, str]) -> Isolated:
    """What the mirror has for a job. Raises MirrorIncomplete."""
    channels = {
        mirror_layout.CODE_CHANNEL: settings.code_uri,
        mirror_layout.WHEELS_CHANNEL: mirror.wheels(settings.wheels_lock_sha256).uri,
    }
    no_encoder = {**settings.hyperparameters, **overrides}.get("model") == _LINEAR
    if no_encoder or not settings.base_model or settings.base_model == _COMPACT:
        return Isolated(channels=channels, hyperparameters={})
    base_model = mirror.base_model(settings.base_model)
    return Isolated(
        channels={**channels, "base_model": base_model.uri},
        hyperparameters={mirror_layout.BASE_MODEL_DIGEST: base_model.sums_sha256},
    )


def training_input(
    settings: PrepareTrainingSettings,
    *,
    name: str,
    dataset_uri: str,
    version: Version | None = None,
    folded: Fold | None = None,
    champion_uri: str,
    overrides: Mapping[str, str],
    isolated: Isolated | None = None,
    decision: str = "",
) -> dict[str, Any]:
    """The step's output, from which the state machine creates the training job.

    version: if the dataset is one. Its columns have names of their own, and `data.labels` is applied in it already.
    folded: of a run that makes a version first, of this dataset. isolated: of a job without a network. decision: the id
    of the decision to retrain that has started the run, "" for any other.
    """
    channels = [channel("dataset", dataset_uri)]
    optional = {
        "champion": champion_uri,
        "base_model": settings.base_model_uri,
        "serving_deps": settings.serving_deps_uri,
        label_mapping.CHANNEL: "" if version else settings.labels_uri,
        manifest.CHANNEL: version.manifest_uri if version else "",
        fold.CHANNEL: folded.channel_uri if folded else "",
        **(isolated.channels if isolated else {}),
    }
    channels += [channel(key, uri) for key, uri in optional.items() if uri]
    values = {**settings.hyperparameters, **overrides}
    if version:
        values |= dict.fromkeys((*_OF_FILES, label_mapping.DIGEST), "")
        values |= {manifest.VERSION: version.name, manifest.DIGEST: version.manifest_sha256}
    if folded:
        values |= {manifest.VERSION: folded.makes["version"], fold.DIGEST: folded.sha256}
    values |= isolated.hyperparameters if isolated else {}
    if settings.base_model:
        values["base_model"] = settings.base_model
    return {
        "job_name": name,
        "dataset_uri": dataset_uri,
        "output_path": s3_uri.join(settings.artifact_bucket, buckets.TRAINING),
        "checkpoint_uri": s3_uri.join(settings.artifact_bucket, buckets.CHECKPOINTS, name),
        "hyperparameters": hyperparameters.for_job(values),
        "input_data_config": channels,
        "champion_uri": champion_uri,
        "decision": decision,
        # What the gate stores once the job has made it; null for a run on a dataset that there is.
        "fold": folded.makes if folded else None,
    }
