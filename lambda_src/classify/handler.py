"""The classify function's entry point."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from lambda_src.classify import features, live_tests, log_writer, request_body
from lambda_src.classify.backends import choice
from lambda_src.classify.backends.answer import Backend
from lambda_src.classify.environment import ClassifySettings
from lambda_src.classify.logic import Classifier, Outcome, SplitPort
from lambda_src.classify.metrics import count_answers, count_features, count_log_failures, count_test
from lambda_src.classify.response import Listing
from lambda_src.common import environment
from lambda_src.common.api import http

logger = Logger()
metrics = Metrics()


@cache
def _settings() -> ClassifySettings:
    return environment.load(ClassifySettings)


def _backend_of(settings: ClassifySettings) -> Callable[[str], Backend]:
    """What answers a caller: the backend, or with a cache, the caller's view of it."""
    backend = choice.make(settings, logger=logger)
    if not settings.answer_cache_seconds:
        return lambda _: backend
    from lambda_src.classify.backends.answer_cache import AnswerCache

    return AnswerCache(backend, seconds=settings.answer_cache_seconds).of


@cache
def _split() -> SplitPort:
    """What answers during a live A/B test; imported and made when one runs."""
    from lambda_src.classify.backends import split

    return split.make(_settings(), logger=logger)


def _tests(settings: ClassifySettings) -> live_tests.LiveTests | None:
    if not settings.challenger_endpoint_name:
        return None
    return live_tests.LiveTests(live_tests.make_client(), table=settings.request_log_table, logger=logger)


@cache
def _classifier() -> Classifier:
    settings = _settings()
    dynamodb, sqs = log_writer.make_clients()
    return Classifier(
        backend_of=_backend_of(settings),
        log=log_writer.LogWriter(
            dynamodb,
            sqs,
            table=settings.request_log_table,
            dlq_url=settings.log_dlq_url,
            shards=settings.request_log_shards,
            logger=logger,
        ),
        keep_days=settings.request_log_days,
        shards=settings.request_log_shards,
        keep_text=settings.request_log_text,
        audit_share=settings.audit_share,
        listing=Listing(top_k=settings.top_k or None, threshold=settings.threshold or None),
        tests=_tests(settings),
        split=_split,
        features=features.make(settings, logger=logger),
        logger=logger,
    )


def _answer(event: http.Event, outcome: Outcome) -> http.Response:
    if http.optional_header(event, "idempotency-key") is None:
        return _classifier().answer(event, outcome)
    # Imported here because most requests have no such header.
    from lambda_src.common import storage
    from lambda_src.common.api import idempotency
    from lambda_src.common.api.auth import require_key

    def answers() -> idempotency.Answers:
        return idempotency.Answers(storage.make_client(), table=_settings().answers_table, logger=logger)

    # Checked before a kept answer is returned: only callers that may get a new answer get it.
    key_id = require_key(event, scope="classify")
    return idempotency.once(event, lambda: _classifier().answer(event, outcome), key_id=key_id, answers=answers)


def _measure(outcome: Outcome) -> None:
    settings = _settings()
    metrics.set_default_dimensions(environment=settings.environment)
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    if outcome.texts:
        metrics.add_metric(name="Texts", unit=MetricUnit.Count, value=outcome.texts)
    if outcome.model_latency_ms is not None:
        metrics.add_metric(name="ModelLatencyMs", unit=MetricUnit.Milliseconds, value=outcome.model_latency_ms)
    if outcome.failed:
        metrics.add_metric(name="RequestsFailed", unit=MetricUnit.Count, value=1)
    if outcome.bad_answer:
        metrics.add_metric(name="BadModelAnswers", unit=MetricUnit.Count, value=1)
    if outcome.asleep:
        # On their own, so that no alarm takes a model that sleeps for one that fails.
        if outcome.results:
            metrics.add_metric(name="AsleepFallbackAnswers", unit=MetricUnit.Count, value=1)
        else:
            metrics.add_metric(name="AsleepRefused", unit=MetricUnit.Count, value=1)
    elif outcome.results and outcome.backend != settings.backend:
        metrics.add_metric(name="FallbackAnswers", unit=MetricUnit.Count, value=1)
    threshold = outcome.listing.threshold
    count_answers(metrics, environment=settings.environment, results=outcome.results, threshold=threshold)
    count_test(metrics, outcome.assignment, outcome.variants, challenger_ms=outcome.challenger_ms)
    count_features(metrics, outcome.reading)
    count_log_failures(metrics, outcome.written)


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """POST /v1/classify (HTTP API, payload format 2.0)."""
    logger.append_keys(request_id=http.request_id(event))
    outcome = Outcome()
    response = http.answer(event, lambda: _answer(event, outcome), logger=logger)
    _measure(outcome)
    return response


# In Lambda, clients and schemas are made before the first request, and with SnapStart before the snapshot.
if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    _classifier()
    request_body.warm()
