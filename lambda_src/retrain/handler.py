"""The retrain function's entry point: steps of the machine `retraining`, and what operators ask."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contracts.deployment import buckets
from contracts.retraining import decision, runs
from contracts.retraining.decision import Action
from lambda_src.common import approved_model, aws, environment
from lambda_src.common.times import written
from lambda_src.retrain import backtest, look, starting
from lambda_src.retrain.environment import RetrainSettings
from lambda_src.retrain.look import Stores
from lambda_src.retrain.material import Material
from lambda_src.retrain.rule.decide import decide
from lambda_src.retrain.stores.documents import Documents
from lambda_src.retrain.stores.executions import Executions
from lambda_src.retrain.stores.new_rows import NewRows
from lambda_src.retrain.stores.old_rows import OldRows
from lambda_src.retrain.stores.sample import Sample

logger = Logger()
metrics = Metrics()

# What is left when no further day of a backtest is begun.
_RESERVE_MS = 90_000


@cache
def _settings() -> RetrainSettings:
    return environment.load(RetrainSettings)


@cache
def _stores() -> Stores:
    settings = _settings()
    dynamodb, s3 = aws.client("dynamodb", connections=16), aws.client("s3", read_timeout=60.0)
    return Stores(
        documents=Documents(s3, bucket=settings.artifact_bucket),
        sample=Sample(dynamodb, table=settings.request_log_table, logger=logger),
        new_rows=NewRows(dynamodb, table=settings.ledger_table),
        old_rows=OldRows(s3, aws.client("sagemaker"), bucket=settings.dataset_bucket),
        executions=Executions(aws.client("stepfunctions"), pipeline=settings.pipeline_arn),
        labels_uri=settings.labels_uri,
        days=settings.request_log_days,
        untrusted_share=settings.untrusted_share,
    )


def _now() -> str:
    return written(datetime.now(UTC))


def _material(at: str) -> Material | None:
    """Of the approved model; None before there is one."""
    uri = approved_model.read(aws.client("ssm"), parameter=_settings().approved_model_parameter)
    version = buckets.model_version(uri)
    return look.material(_stores(), version, at=at) if version else None


def _decide(event: dict[str, Any]) -> dict[str, Any]:
    """The execution's decision, with the input of the run that it starts."""
    person = decision.person_in(event["input"])
    at = written(datetime.fromisoformat(event["start_time"]))
    execution = str(event["execution"])
    made = starting.decided(
        _stores(),
        _settings().rule,
        of=_material(at),
        at=at,
        execution=execution,
        cause=decision.PERSON if person else decision.CHECK,
        by=person or execution,
    )
    metrics.set_default_dimensions(environment=_settings().environment)
    metrics.add_metric(name="RetrainingDecisions", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="RetrainingRuns", unit=MetricUnit.Count, value=int(made["outcome"] == decision.TRAIN))
    metrics.add_metric(name="RetrainingAsks", unit=MetricUnit.Count, value=int(made["outcome"] == decision.ASK))
    metrics.flush_metrics()
    return {
        "decision_id": made["decision_id"],
        "outcome": made["outcome"],
        "reason": made["reason"],
        "run": made["run"],
        "input": decision.pipeline_input(made["decision_id"]),
    }


def _note(decision_id: str) -> dict[str, Any]:
    """Whether the decision's run was started."""
    ledger = starting.noted(_stores(), at=_now())
    return {"started": any(run["decision_id"] == decision_id and run["state"] == runs.STARTED for run in ledger)}


def _explain() -> dict[str, Any]:
    """What would be decided now. It keeps and starts nothing."""
    at = _now()
    rule, standing = _settings().rule, look.standing(_stores(), at=at)
    seen = starting.seen(_material(at), rule, at=at, cause=decision.CHECK, by="an explanation", standing=standing)
    return {**decide(seen, rule, decision_id=""), "run": ""}


def _backtest(context: Any) -> dict[str, Any]:
    return backtest.backtest(
        _stores(),
        _settings().rule,
        at=_now(),
        has_time=lambda: context.get_remaining_time_in_millis() > _RESERVE_MS,
    )


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Runs `event["action"]`. Raises ValueError for an action that does not exist."""
    action = event.get("action", "")
    if action == Action.DECIDE:
        answer = _decide(event)
    elif action == Action.NOTE:
        answer = _note(str(event.get("decision_id", "")))
    elif action == Action.EXPLAIN:
        return _explain()
    elif action == Action.BACKTEST:
        return _backtest(context)
    else:
        raise ValueError(f"action is {action!r}; use one of: {', '.join(Action.ALL)}")
    logger.info("retraining step", action=action, **answer)
    return answer
