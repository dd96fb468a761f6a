"""The entry point of the request log's routes."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools import Logger

from lambda_src.common import environment, storage
from lambda_src.common.api import auth, contract, http, query, router
from lambda_src.common.api.http import Event, Response
from lambda_src.common.erased import ErasedTexts
from lambda_src.common.problems import Problem
from lambda_src.request_log_api import feedback, listing, signing_keys, statistics, views
from lambda_src.request_log_api.dal import RequestLog
from lambda_src.request_log_api.environment import RequestLogApiSettings
from lambda_src.request_log_api.slices import Reader

logger = Logger()

_ONE = "/v1/requests/"
_ADMIN = "admin"


@cache
def _settings() -> RequestLogApiSettings:
    return environment.load(RequestLogApiSettings)


@cache
def _records() -> RequestLog:
    settings = _settings()
    client = storage.make_client()
    return RequestLog(
        client,
        table=settings.request_log_table,
        ledger_table=settings.ledger_table,
        shards=settings.request_log_shards,
        logger=logger,
    )


@cache
def _erased() -> ErasedTexts:
    return ErasedTexts(storage.make_client(), table=_settings().erased_table, logger=logger)


@cache
def _signing_keys() -> signing_keys.SigningKeys:
    return signing_keys.SigningKeys(signing_keys.make_client, secret=_settings().cursor_secret, logger=logger)


def _reader(event: Event, *, scope: str) -> Reader:
    key_id = auth.require_key(event, scope=scope)
    return Reader(key_id=key_id, everything=_ADMIN in auth.scopes_of(event))


def _feedback(event: Event) -> Response:
    reader = _reader(event, scope="feedback")
    giving = feedback.Feedback(log=_records(), erased=_erased(), keep_days=_settings().example_days)
    trusted = auth.is_trusted(event, callers=_settings().trusted_callers)
    document = giving.give(reader, feedback.parse(event), trusted=trusted)
    return http.json_response(
        event, status=200, document=document, headers={"x-model-version": document["model_version"]}
    )


def _request(event: Event) -> Response:
    reader = _reader(event, scope="read")
    parameter = (event.get("pathParameters") or {}).get("id")
    request_id = unquote(str(parameter or http.method_and_path(event)[1].removeprefix(_ONE)))
    # The contract's limit for an id is far below DynamoDB's limit for a key.
    items = _records().request(request_id) if contract.fits("RequestId", request_id) else []
    if not items or not reader.may_see(str(items[0]["key_id"])):
        raise feedback.unknown()
    version = items[0].get("model_version")
    headers = {"x-model-version": str(version)} if version else {}
    return http.json_response(event, status=200, document=views.logged_request(items), headers=headers)


def _requests(event: Event) -> Response:
    reader = _reader(event, scope="read")
    request = listing.PageRequest(**query.read(event, method="get", path="/v1/requests"))
    document = listing.page(
        _records(),
        reader,
        request,
        now=datetime.now(UTC),
        keep_days=_settings().request_log_days,
        keys=_signing_keys(),
    )
    return http.json_response(event, status=200, document=document)


def _stats(event: Event) -> Response:
    reader = _reader(event, scope="read")
    parameters = query.read(event, method="get", path="/v1/stats")
    document = statistics.stats(
        _records(), reader, since=parameters.get("since"), now=datetime.now(UTC), keep_days=_settings().request_log_days
    )
    return http.json_response(event, status=200, document=document)


def _no_route(_: Event) -> Response:
    raise Problem("not-found", "No such path. `GET /openapi.json` lists the paths.")


_ROUTES = {
    "POST /v1/feedback": _feedback,
    "GET /v1/requests": _requests,
    "GET /v1/requests/{id}": _request,
    "GET /v1/stats": _stats,
}


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers by method and path (HTTP API, payload format 2.0)."""
    logger.append_keys(request_id=http.request_id(event))
    return router.answer(event, _ROUTES, otherwise=_no_route, logger=logger)


# In Lambda, clients and schemas are made before the first request.
if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    _records()
    _erased()
    contract.validator("FeedbackRequest")
