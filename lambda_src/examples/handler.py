"""The examples function's entry point."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from lambda_src.common import environment, storage
from lambda_src.common.api import auth, contract, http, idempotency
from lambda_src.common.api.http import Event, Response
from lambda_src.common.erased import ErasedTexts
from lambda_src.examples import dal, logic, request_body
from lambda_src.examples.environment import ExamplesSettings

logger = Logger()


@cache
def _settings() -> ExamplesSettings:
    return environment.load(ExamplesSettings)


@cache
def _records() -> dal.Examples:
    settings = _settings()
    return dal.Examples(
        storage.make_client(), table=settings.examples_table, ledger_table=settings.ledger_table, logger=logger
    )


@cache
def _answers() -> idempotency.Answers:
    return idempotency.Answers(storage.make_client(), table=_settings().answers_table, logger=logger)


@cache
def _erased() -> ErasedTexts:
    return ErasedTexts(storage.make_client(), table=_settings().erased_table, logger=logger)


def _keep(event: Event, key_id: str) -> Response:
    examples = request_body.parse(event)
    document = logic.keep(
        _records(),
        examples,
        erased=_erased().among({example.text: example.text_id for example in examples}),
        caller=logic.Caller(key_id, trusted=auth.is_trusted(event, callers=_settings().trusted_callers)),
        now=datetime.now(UTC),
        keep_days=_settings().example_days,
    )
    return http.json_response(event, status=200, document=document)


def _answer(event: Event) -> Response:
    key_id = auth.require_key(event, scope="examples")
    return idempotency.once(event, lambda: _keep(event, key_id), key_id=key_id, answers=_answers)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """POST /v1/examples (HTTP API, payload format 2.0)."""
    logger.append_keys(request_id=http.request_id(event))
    return http.answer(event, lambda: _answer(event), logger=logger)


# In Lambda, clients and schemas are made before the first request.
if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    _records()
    _erased()
    for schema in ("Example", "ExampleList"):
        contract.validator(schema)
