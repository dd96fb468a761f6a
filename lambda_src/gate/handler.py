"""The gate's entry point."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from lambda_src.common import aws, environment
from lambda_src.gate import logic
from lambda_src.gate.dal import Evaluations
from lambda_src.gate.environment import Settings

logger = Logger()


@cache
def _settings() -> Settings:
    return environment.load(Settings)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From `{"job_name", "artifact_uri"}` to the decision, its reason and the model package's metadata.

    Raises EvaluationMissing when the training job left nothing to judge.
    """
    settings = _settings()
    job_name, artifact_uri = event["job_name"], event["artifact_uri"]
    evaluations = Evaluations(aws.client("s3"), bucket=settings.artifact_bucket)
    evaluation = evaluations.read(job_name)
    limits = logic.Limits(
        min_accuracy=settings.min_accuracy,
        min_macro_f1=settings.min_macro_f1,
        max_regression=settings.max_regression,
    )
    decision = logic.decide(evaluation, limits=limits)
    evaluation_uri = evaluations.write(job_name, evaluation)
    logger.info("gate decided", job_name=job_name, passed=decision.passed, reason=decision.reason)
    return {
        "passed": decision.passed,
        "reason": decision.reason,
        "evaluation_uri": evaluation_uri,
        "artifact_uri": artifact_uri,
        "accuracy": logic.figure(evaluation, "accuracy"),
        "macro_f1": logic.figure(evaluation, "macro_f1"),
        "metadata": logic.metadata(evaluation, job_name=job_name, reason=decision.reason),
    }
