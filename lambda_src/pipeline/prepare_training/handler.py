"""The prepare_training function's entry point."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from lambda_src.common import approved_model, aws, environment
from lambda_src.pipeline.prepare_training import logic
from lambda_src.pipeline.prepare_training.dal import Datasets
from lambda_src.pipeline.prepare_training.environment import PrepareTrainingSettings
from lambda_src.pipeline.prepare_training.folding import Folding, NothingNew
from lambda_src.pipeline.prepare_training.mirror import Mirror

logger = Logger()


@cache
def _settings() -> PrepareTrainingSettings:
    return environment.load(PrepareTrainingSettings)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From `{"execution_name", "start_time", "input": {"dataset_uri"?, "hyperparameters"?, "fold_ledger"?}}` to the
    job's input, or to `{"nothing_new": <a sentence>}` if the ledger is to be folded and has nothing new.

    Raises, with one sentence, DatasetUnavailable if there is no dataset, MirrorIncomplete if an isolated job would
    lack something, and InputRefused for an invalid input.
    """
    settings = _settings()
    name = logic.job_name(
        project=settings.project,
        environment=settings.environment,
        start_time=event["start_time"],
        execution_name=event["execution_name"],
    )
    execution_input = logic.execution_input(event.get("input"))
    overrides = logic.overrides(execution_input.get("hyperparameters"))
    mirror = _mirror(settings)
    isolated = logic.isolated(settings, mirror, overrides=overrides) if mirror else None
    datasets = Datasets(aws.client("s3"), bucket=settings.dataset_bucket, mirror=mirror)
    version, folded = None, None
    if logic.folds(execution_input):
        prepared = Folding(datasets, settings).prepare(job_name=name, start_time=event["start_time"])
        if isinstance(prepared, NothingNew):
            logger.info("nothing new", reason=prepared.reason)
            return {"nothing_new": prepared.reason}
        dataset_uri, folded = prepared
    else:
        wanted = str(execution_input.get("dataset_uri") or "")
        version = datasets.version(wanted)
        dataset_uri = version.rows_uri if version else datasets.ensure(settings, override_uri=wanted)
    champion_uri = approved_model.read(aws.client("ssm"), parameter=settings.approved_model_parameter)
    logger.info("training prepared", job_name=name, dataset_uri=dataset_uri, champion_uri=champion_uri)
    return logic.training_input(
        settings,
        name=name,
        dataset_uri=dataset_uri,
        version=version,
        folded=folded,
        champion_uri=champion_uri,
        overrides=overrides,
        isolated=isolated,
        decision=str(execution_input.get("decision") or ""),
    )


def _mirror(settings: PrepareTrainingSettings) -> Mirror | None:
    if not settings.isolated:
        return None
    return Mirror(aws.client("s3"), bucket=settings.artifact_bucket, environment=settings.environment)
