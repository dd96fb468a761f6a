"""The labelling function's entry point."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from contracts.api.scopes import ADMIN, LABEL
from lambda_src.common import aws, environment, storage
from lambda_src.common.api import auth, contract, http, query, router
from lambda_src.common.api.http import Event, Response
from lambda_src.common.erased import ErasedTexts
from lambda_src.common.problems import Problem
from lambda_src.labelling import dal, giving, labeller, request_body, summary
from lambda_src.labelling.disagreements import Disagreements, Tests
from lambda_src.labelling.environment import LabellingSettings
from lambda_src.labelling.labeller import Labeller
from lambda_src.labelling.queue import Queue, Uncertain

logger = Logger()

_DEFAULT_LIMIT = 20


@cache
def _settings() -> LabellingSettings:
    return environment.load(LabellingSettings)


@cache
def _records() -> dal.Texts:
    settings = _settings()
    return dal.Texts(
        storage.make_client(),
        table=settings.request_log_table,
        ledger_table=settings.ledger_table,
        shards=settings.request_log_shards,
        logger=logger,
    )


@cache
def _erased() -> ErasedTexts:
    return ErasedTexts(storage.make_client(), table=_settings().erased_table, logger=logger)


@cache
def _tests() -> Tests:
    return Tests(_s3, bucket=_settings().artifact_bucket, logger=logger)


def _s3() -> Any:
    """A queue without a test's texts is better than one that waits."""
    return aws.client("s3", connect_timeout=1.0, read_timeout=2.0, attempts=2)


def _caller(event: Event) -> str:
    """The key's id. Raises Problem for a caller who may not label, and 409 where no texts are kept."""
    key_id = auth.require_key(event, scope=LABEL)
    kept = _settings().request_log_text
    if kept != "store":
        detail = f"This API keeps no texts to label: the operator has set data.request_log_text to {kept}."
        raise Problem("labelling-off", detail)
    return key_id


def _labeller(event: Event, *, key_id: str, name: str | None) -> Labeller:
    everything, trusted = ADMIN in auth.scopes_of(event), auth.is_trusted(event, callers=_settings().trusted_callers)
    return labeller.of(key_id=key_id, name=name, everything=everything, trusted=trusted)


def _queue(event: Event) -> Response:
    key_id = _caller(event)
    parameters = query.read(event, method="get", path="/v1/queue")
    who = _labeller(event, key_id=key_id, name=parameters.get("labeller"))
    texts, settings = _records(), _settings()
    sources = (Disagreements(texts=texts, tests=_tests()), Uncertain(texts=texts, not_now=_tests().differing))
    queue = Queue(texts=texts, days=settings.days, shared_share=settings.shared_share, sources=sources)
    limit = int(parameters.get("limit", _DEFAULT_LIMIT))
    document = queue.document(who, limit=limit, today=datetime.now(UTC).date())
    return http.json_response(event, status=200, document=document)


def _give(event: Event) -> Response:
    key_id = _caller(event)
    request = request_body.parse(event)
    who = _labeller(event, key_id=key_id, name=request.labeller)
    labels = giving.Labels(texts=_records(), erased=_erased(), keep_days=_settings().example_days)
    document = labels.give(request, who)
    headers = {"x-model-version": document["model_version"]}
    return http.json_response(event, status=200, document=document, headers=headers)


def _labels(event: Event) -> Response:
    key_id = _caller(event)
    parameters = query.read(event, method="get", path="/v1/labels")
    who = _labeller(event, key_id=key_id, name=parameters.get("labeller"))
    document = summary.document(_records(), who, days=_settings().days, today=datetime.now(UTC).date())
    return http.json_response(event, status=200, document=document)


def _no_route(_: Event) -> Response:
    raise Problem("not-found", "No such path. `GET /openapi.json` lists the paths.")


_ROUTES = {"GET /v1/queue": _queue, "POST /v1/labels": _give, "GET /v1/labels": _labels}


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers by method and path (HTTP API, payload format 2.0)."""
    logger.append_keys(request_id=http.request_id(event))
    return router.answer(event, _ROUTES, otherwise=_no_route, logger=logger)


# In Lambda, clients and schemas are made before the first request.
if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    _records()
    _erased()
    contract.validator("LabelRequest")
