"""The gate's entry point."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from contracts.api import task
from contracts.datasets import manifest
from contracts.deployment import buckets
from contracts.models.evaluation import Evaluation, JudgedEvaluation
from lambda_src.common import aws, environment, erased_rows, provenance, s3_uri
from lambda_src.pipeline.gate import card, logic, versions
from lambda_src.pipeline.gate.dal import Outputs
from lambda_src.pipeline.gate.environment import GateSettings
from lambda_src.pipeline.gate.figures import figure
from lambda_src.pipeline.gate.kept_output import Keeper

logger = Logger()

_OF_A_VERSION = (manifest.ROWS_FILE, manifest.MANIFEST_FILE)


@cache
def _settings() -> GateSettings:
    return environment.load(GateSettings)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From `{"job_name", "champion_uri", "training", "fold"}` to the decision, its reason, the artifact's place, the
    package's metadata and its card.

    champion_uri: the approved model that the job was compared with, "" for none; training: other facts about the job,
    for the card (see card.content); fold: the dataset version that the job was to make, which is stored whatever the
    decision is, null for none.
    Raises EvaluationMissing if the training job left no usable evaluation, OutputRefused if its output was changed,
    VersionRefused if the version cannot be stored any more.
    """
    settings = _settings()
    job_name, s3 = event["job_name"], aws.client("s3")
    keeper = Keeper(s3, bucket=settings.artifact_bucket)
    outputs = Outputs(s3, bucket=settings.artifact_bucket)
    made = keeper.keep_without(job_name, buckets.OUTPUT_FILE, _OF_A_VERSION) if event.get("fold") else None
    if made is None:
        keeper.keep(job_name, buckets.OUTPUT_FILE)
    artifact_sha256 = keeper.keep(job_name, buckets.MODEL_FILE)
    artifact_uri = s3_uri.join(settings.artifact_bucket, buckets.kept(job_name, buckets.MODEL_FILE))
    output = outputs.read(job_name)
    evaluation, training = output.evaluation, event.get("training") or {}
    if made is not None:
        training = {**training, "dataset_uri": _store(event["fold"], made, evaluation)}
    limits = logic.GateLimits(
        min_accuracy=settings.min_accuracy,
        min_macro_f1=settings.min_macro_f1,
        max_regression=settings.max_regression,
        max_possible_regression=settings.max_possible_regression,
    )
    decision = logic.decide(evaluation, limits=limits)
    judged: JudgedEvaluation = {**evaluation, "gate": {"passed": decision.passed, "reason": decision.reason}}
    evaluation_uri = outputs.write(job_name, judged)
    if output.baseline is None:
        logger.warning("the model has no reference for drift", job_name=job_name, cause=output.without_baseline[:500])
    else:
        outputs.write_baseline(job_name, output.baseline)
    of_bill: dict[str, str] = {}
    if output.bill is None:
        logger.warning("the model has no bill of materials", job_name=job_name, cause=output.without_bill[:500])
    else:
        of_bill = provenance.bill(outputs.write_bill(job_name, output.bill), output.bill)
    logger.info("gate decided", job_name=job_name, passed=decision.passed, reason=decision.reason)
    return {
        "passed": decision.passed,
        "reason": decision.reason,
        "evaluation_uri": evaluation_uri,
        "artifact_uri": artifact_uri,
        "accuracy": figure(evaluation, "accuracy"),
        "macro_f1": figure(evaluation, "macro_f1"),
        "metadata": {
            **logic.metadata(evaluation, job_name=job_name, reason=decision.reason),
            **provenance.metadata(artifact_sha256=artifact_sha256, champion_uri=event["champion_uri"]),
            **of_bill,
        },
        "model_card": card.content(
            evaluation,
            job_name=job_name,
            artifact_uri=artifact_uri,
            training=training,
            reason=decision.reason,
            task=task.decoded(settings.task),
            features=outputs.features() if settings.feature_store != "none" else {},
        ),
    }


def _store(wanted: Any, made: dict[str, bytes], evaluation: Evaluation) -> str:
    """Store the version; the address of its rows."""
    settings = _settings()
    rows, written = (made[name] for name in _OF_A_VERSION)
    document = versions.checked(wanted, rows=rows, written=written, named=evaluation.get("manifest_sha256"))
    stored = versions.Versions(
        aws.client("s3"),
        aws.client("dynamodb"),
        bucket=settings.dataset_bucket,
        table=settings.ledger_table,
        key=lambda: erased_rows.read_key(settings.erasure_key_arn),
    ).store(document, rows=rows, written=written)
    logger.info("dataset version", version=document["version"], stored=stored, rows=document["file"]["rows"])
    return s3_uri.join(settings.dataset_bucket, document["file"]["key"])
