"""The steps of the promotion state machine; `waiting`, the training pipeline's; and `settle`, a schedule's.

The Serving stack is updated with its previous template: CloudFormation stays the endpoint's only owner.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError

from contracts.deployment import buckets
from contracts.deployment.pipeline import Action
from lambda_src.common import aws, environment
from lambda_src.common.aws import error_code
from lambda_src.pipeline.promote import armed, parts, reconciler, rollout, wakes
from lambda_src.pipeline.promote.approvals import steps
from lambda_src.pipeline.promote.approvals.records import Approvals
from lambda_src.pipeline.promote.environment import PromoteSettings
from lambda_src.pipeline.promote.parts import Event, Parts

logger = Logger()
metrics = Metrics()


@cache
def _settings() -> PromoteSettings:
    return environment.load(PromoteSettings)


def _approvals() -> dict[str, Any]:
    records = Approvals(aws.client("ssm"), path=_settings().approvals_path)
    return {"records": records, "sagemaker": aws.client("sagemaker")}


def _look_at_wakes(parts: Parts) -> dict[str, Any]:
    """Measures the wakes of a model that sleeps; nothing for one that does not."""
    settings = _settings()
    if not settings.component_name:
        return {}
    seen = wakes.Wakes(
        aws.client("dynamodb"),
        aws.client("sagemaker"),
        aws.client("application-autoscaling") if settings.may_close else None,
        table=settings.request_log_table,
        component=settings.component_name,
    ).look(now=parts.now())
    if seen.copies is not None:
        metrics.add_metric(name="ModelCopies", unit=MetricUnit.Count, value=seen.copies)
    if seen.woke_after is not None:
        metrics.add_metric(name="WakeSeconds", unit=MetricUnit.Seconds, value=seen.woke_after)
    metrics.add_metric(name="WakingSeconds", unit=MetricUnit.Seconds, value=seen.waking or 0)
    return {"wakes": asdict(seen)}


def _settle(parts: Parts, *, request: str) -> dict[str, Any]:
    metrics.set_default_dimensions(environment=_settings().environment)
    try:
        looked = _look_at_wakes(parts)
        settled = reconciler.settle(parts, request=request)
        metrics.add_metric(name="ApprovedDiffersFromServing", unit=MetricUnit.Count, value=int(settled.differs))
        metrics.add_metric(name="ServingStackStuck", unit=MetricUnit.Count, value=int(bool(settled.stuck)))
        quiet = settled.status == "agrees" and not settled.stuck
        watched = armed.watch(parts, start=_start_promotion) if quiet and parts.armed_minutes else armed.Watched()
        forgotten = parts.turns.forget_old(keep=_keep)
        # An alarm rings in its absence: the function's own metrics count the steps of promotions as well.
        metrics.add_metric(name="SettlingDone", unit=MetricUnit.Count, value=1)
    except Exception:
        metrics.add_metric(name="SettlingFailed", unit=MetricUnit.Count, value=1)
        raise
    finally:
        metrics.flush_metrics()
    if settled.stuck:
        logger.warning("only a person can repair the stack", what_to_do=settled.stuck)
    if settled.differs:
        logger.warning("the approved model was not the one that serves", **asdict(settled))
    if watched.ringing:
        logger.warning("alarms ring for a model that was not tested", **asdict(watched))
    return {**asdict(settled), "forgotten": forgotten, "armed": asdict(watched), **looked}


def _keep(number: int, content: bytes) -> None:
    """Keeps a promotion's record when its parameter goes."""
    bucket, key = _settings().artifact_bucket, buckets.promotion(number)
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/json")


def _start_promotion(name: str, payload: dict[str, Any]) -> None:
    """Starts a promotion, unless it was started before by this name."""
    states = aws.client("stepfunctions")
    try:
        states.start_execution(stateMachineArn=_settings().promotion_arn, name=name, input=json.dumps(payload))
    except ClientError as error:
        if error_code(error) != "ExecutionAlreadyExists":
            raise


def _stop_rollout() -> None:
    """Rings the alarm that has SageMaker take the current rollout back."""
    metrics.set_default_dimensions(environment=_settings().environment)
    metrics.add_metric(name="RolloutStopped", unit=MetricUnit.Count, value=1)
    metrics.flush_metrics()


def _made() -> Parts:
    return parts.make(_settings(), now=time.time, stop_rollout=_stop_rollout)


_STEPS: dict[str, Callable[[Event, Parts], dict[str, Any]]] = {
    Action.START: rollout.start,
    Action.CHECK: rollout.check,
    Action.FAILED_START: rollout.after_failed_start,
    Action.REVERT: rollout.revert,
    Action.CHECK_BACK: rollout.check_back,
}
_OF_APPROVALS: dict[str, Callable[..., dict[str, Any]]] = {
    Action.WAITING: steps.waiting,
    Action.RESOLVE: steps.resolve,
}


@logger.inject_lambda_context(clear_state=True)
def handler(event: Event, context: Any) -> dict[str, Any]:
    """Runs `event["action"]`. Raises ValueError for an action that does not exist."""
    name = event.get("action", "")
    if name in _OF_APPROVALS:
        answer = _OF_APPROVALS[name](event, **_approvals())
    elif name in _STEPS:
        answer = _STEPS[name](event, _made())
    elif name == Action.SETTLE:
        answer = _settle(_made(), request=context.aws_request_id)
    else:
        known = ", ".join([*_OF_APPROVALS, *_STEPS, Action.SETTLE])
        raise ValueError(f"action is {name!r}; use one of: {known}")
    logger.info("promotion step", action=name, **answer)
    return answer
