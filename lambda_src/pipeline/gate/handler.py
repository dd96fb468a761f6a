"""The gate's entry point."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from contracts.deployment import buckets
from contracts.models.evaluation import JudgedEvaluation
from lambda_src.common import aws, environment, provenance, s3_uri
from lambda_src.pipeline.gate import card, logic
from lambda_src.pipeline.gate.dal import Outputs
from lambda_src.pipeline.gate.environment import GateSettings
from lambda_src.pipeline.gate.figures import figure
from lambda_src.pipeline.gate.kept_output import Keeper

logger = Logger()


@cache
def _settings() -> GateSettings:
    return environment.load(GateSettings)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From `{"job_name", "champion_uri", "training"}` to the decision, its reason, the artifact's place, the package's
    metadata and its card.

    champion_uri: the approved model that the job was compared with, "" for none; training: other facts about the job,
    for the card (see card.content).
    Raises EvaluationMissing if the training job left no usable evaluation, OutputRefused if its output was changed.
    """
    settings = _settings()
    job_name, s3 = event["job_name"], aws.client("s3")
    keeper = Keeper(s3, bucket=settings.artifact_bucket)
    outputs = Outputs(s3, bucket=settings.artifact_bucket)
    keeper.keep(job_name, buckets.OUTPUT_FILE)
    artifact_sha256 = keeper.keep(job_name, buckets.MODEL_FILE)
    artifact_uri = s3_uri.join(settings.artifact_bucket, buckets.kept(job_name, buckets.MODEL_FILE))
    output = outputs.read(job_name)
    evaluation = output.evaluation
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
        },
        "model_card": card.content(
            evaluation,
            job_name=job_name,
            artifact_uri=artifact_uri,
            training=event.get("training") or {},
            reason=decision.reason,
        ),
    }
