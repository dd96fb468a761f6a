"""The function that runs A/B tests: a step each minute, and what `rubric ab` asks for.

`{"action": "start", "version", "mode", "goal"?, "labels"?, "days"?, "texts"?, "share"?, "by"?}`, `{"action": "stop",
"by"?}`, `{"action": "promote", "test_id"?}`, `{"action": "status", "test_id"?}`, `{"action": "list"}` and `{"action":
"step"}` answer `{"status", "reason", "test"}`; `list` has `tests`. status: `none` before the first test, `refused` with
a sentence, else the phase. test: the record, without the disagreements that wait for a label: `open` counts them.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError

from contracts.ab_tests.record import ENDED, Record, waits
from lambda_src.ab_test import answers, ending, log, promotion, registry, starting, step, store, transform
from lambda_src.ab_test.challenger import Challenger
from lambda_src.ab_test.environment import AbTestSettings
from lambda_src.ab_test.errors import OvertakenError, RefusedError
from lambda_src.ab_test.learnt import Learnt
from lambda_src.ab_test.parts import Parts
from lambda_src.common import aws, environment

logger = Logger()
metrics = Metrics()

# What is left when no further part is begun.
_RESERVE_MS = 60_000
_LISTED = 50

Event = dict[str, Any]


@cache
def _settings() -> AbTestSettings:
    return environment.load(AbTestSettings)


@cache
def _learnt() -> Learnt:
    settings = _settings()
    return Learnt(store.make_client(), artifacts=settings.artifact_bucket, datasets=settings.dataset_bucket)


def _parts(context: Any) -> Parts:
    settings = _settings()
    s3, sagemaker = store.make_client(), aws.client("sagemaker")
    return Parts(
        settings=settings,
        store=store.Store(s3, bucket=settings.artifact_bucket),
        registry=registry.Registry(sagemaker, group=settings.model_package_group),
        serving=registry.ServingModel(
            aws.client("ssm"),
            sagemaker,
            parameter=settings.approved_model_parameter,
            endpoint=settings.endpoint_name,
        ),
        log=log.Log(
            log.make_client(), table=settings.request_log_table, shards=settings.request_log_shards, logger=logger
        ),
        challenger=Challenger(
            aws.client("cloudformation"),
            sagemaker,
            stack_name=settings.challenger_stack_name,
            resource_types=settings.challenger_resource_types,
            endpoint_name=settings.challenger_endpoint_name,
        ),
        jobs=transform.Jobs(
            sagemaker,
            instance_type=settings.replay_instance_type,
            key_arn=settings.key_arn,
            volume_key_arn=settings.volume_key_arn,
        ),
        answers=answers.Answers(answers.make_client()),
        learnt=_learnt().rows,
        promote=_promote,
        fault=registry.Artifacts(s3).fault,
        now=lambda: datetime.now(UTC),
        has_time=lambda: context.get_remaining_time_in_millis() > _RESERVE_MS,
        new_id=lambda: secrets.token_hex(4),
    )


def _promote(name: str, promotion_input: Mapping[str, Any]) -> str:
    """The execution of this name, begun unless there is one: its ARN."""
    machine = _settings().promotion_arn
    states = aws.client("stepfunctions")
    try:
        answer = states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(dict(promotion_input)))
    except ClientError as error:
        # Names are kept for 90 days (API_StartExecution).
        if aws.error_code(error) != "ExecutionAlreadyExists":
            raise
        return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    return str(answer["executionArn"])


def _step(_: Event, parts: Parts) -> Event:
    metrics.set_default_dimensions(environment=_settings().environment)
    try:
        test = step.step(parts)
    except OvertakenError:
        test = parts.store.current().record
    stuck = test is not None and test["phase"] != ENDED and bool(test["progress"].get("stuck"))
    metrics.add_metric(name="ChallengerLeftOver", unit=MetricUnit.Count, value=int(stuck))
    metrics.flush_metrics()
    return _answer(test)


def _start(event: Event, parts: Parts) -> Event:
    return _answer(starting.start(event, parts))


def _stop(event: Event, parts: Parts) -> Event:
    return _answer(ending.stop(parts, by=str(event.get("by") or "")))


def _promotion(event: Event, parts: Parts) -> Event:
    return _answer(promotion.promote(str(event.get("test_id") or ""), parts))


def _status(event: Event, parts: Parts) -> Event:
    test_id = str(event.get("test_id") or "")
    test = parts.store.current().record
    if test_id and (test is None or test["test_id"] != test_id):
        test = parts.store.archived(test_id)
        if test is None:
            raise RefusedError(f"there is no test {test_id!r}: see `rubric ab list`")
    return _answer(test)


def _list(_: Event, parts: Parts) -> Event:
    """The newest tests that have ended, the newest first, without looks and disagreements."""
    found = [parts.store.archived(test_id) for test_id in parts.store.tests(most=_LISTED)]
    shown = [{**test, "looks": [], "disagreements": [], "behaviour": {}} for test in found if test is not None]
    return {"status": "listed", "reason": "", "tests": shown}


def _answer(test: Record | None) -> Event:
    if test is None:
        return {"status": "none", "reason": "no test was made yet", "test": None}
    settled = [each for each in test["disagreements"] if not waits(each)]
    shown = {**test, "disagreements": settled, "open": len(test["disagreements"]) - len(settled)}
    return {"status": test["phase"], "reason": test["reason"], "test": shown}


_ACTIONS: dict[str, Callable[[Event, Parts], Event]] = {
    "start": _start,
    "stop": _stop,
    "promote": _promotion,
    "status": _status,
    "list": _list,
    "step": _step,
}


@logger.inject_lambda_context(clear_state=True)
def handler(event: Event, context: Any) -> Event:
    """Runs `event["action"]`. Raises ValueError for an action that does not exist."""
    name = str(event.get("action", ""))
    if name not in _ACTIONS:
        raise ValueError(f"action is {name!r}; use one of: {', '.join(_ACTIONS)}")
    try:
        answer = _ACTIONS[name](event, _parts(context))
    except RefusedError as error:
        answer = {"status": "refused", "reason": str(error), "test": None}
    test = answer.get("test") or {}
    logger.info("A/B test", action=name, status=answer["status"], test_id=test.get("test_id"), reason=answer["reason"])
    return answer
