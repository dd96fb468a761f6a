"""The entry point of the routes about the service: the model, health, the contract, the pages, and any other path."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from contracts.api.scopes import ADMIN
from lambda_src.common import environment
from lambda_src.common.api import contract, http, query, router
from lambda_src.common.api.auth import require_key
from lambda_src.common.api.http import Event, Response
from lambda_src.common.problems import Problem
from lambda_src.meta import dal, drift, logic, model_check, pages, served_contract
from lambda_src.meta.environment import MetaSettings

logger = Logger()


@cache
def _settings() -> MetaSettings:
    return environment.load(MetaSettings)


@cache
def _models() -> dal.Models:
    ssm, s3 = dal.make_clients()
    parameter, bucket = _settings().approved_model_parameter, _settings().artifact_bucket
    return dal.Models(ssm, s3, parameter=parameter, bucket=bucket, now=time.time)


@cache
def _check() -> model_check.ModelCheck:
    settings = _settings()
    return model_check.ModelCheck(
        model_check.make_client(),
        endpoint=settings.endpoint_name,
        describes=model_check.make_describing_client() if settings.component_name else None,
        logger=logger,
    )


def _model(event: Event) -> Response:
    require_key(event, scope="read")
    settings = _settings()
    if settings.backend == "bedrock":
        document = logic.foundation_model_document(model_id=settings.bedrock_model_id, labels=settings.bedrock_labels)
        headers = {"x-model-version": settings.bedrock_model_id}
        return http.json_response(event, status=200, document=document, headers=headers)
    try:
        model = _models().evaluation()
    except dal.ModelUnknownError as error:
        logger.warning("the approved model is not known", reason=str(error))
        detail = "No model is approved yet, or its evaluation cannot be read at the moment. Try again shortly."
        raise Problem("model-unavailable", detail, headers={"retry-after": "5"}) from error
    document = logic.model_document(model)
    return http.json_response(event, status=200, document=document, headers={"x-model-version": model.version})


@cache
def _reports() -> drift.Reports:
    return drift.Reports(dal.make_clients()[1], bucket=_settings().artifact_bucket)


def _drift(event: Event) -> Response:
    require_key(event, scope=ADMIN)
    settings = _settings()
    if settings.backend == "bedrock":
        version = settings.bedrock_model_id
        document = drift.of_foundation_model(version)
    else:
        try:
            version = _models().version()
            document = _reports().of(version)
        except (dal.ModelUnknownError, drift.ReportUnreadableError) as error:
            logger.warning("the drift report cannot be read", reason=str(error)[:500])
            detail = "No model is approved yet, or its report cannot be read at the moment. Try again shortly."
            raise Problem("model-unavailable", detail, headers={"retry-after": "5"}) from error
    return http.json_response(event, status=200, document=document, headers={"x-model-version": version})


def _health(event: Event) -> Response:
    settings = _settings()
    # A foundation model is not checked: each of its answers costs money, and this route needs no key.
    deep = query.read(event, method="get", path="/health").get("deep") and settings.backend != "bedrock"
    if deep and not _check().is_well():
        detail = "The API is up, but the model does not answer. Try again in a few seconds."
        raise Problem("model-unavailable", detail, headers={"retry-after": "5"})
    version = None
    try:
        version = settings.bedrock_model_id if settings.backend == "bedrock" else _models().version()
    except dal.ModelUnknownError as error:
        logger.warning("the approved model is not known", reason=str(error))
    document = logic.health_document(environment=settings.environment, version=version)
    headers = {"x-model-version": version} if version else {}
    return http.json_response(event, status=200, document=document, headers=headers)


def _contract(event: Event) -> Response:
    settings = _settings()
    text = served_contract.text(auth=settings.api_auth, issuer=settings.jwt_issuer, words=settings.task)
    headers = {"cache-control": "no-cache"}
    return http.text_response(event, status=200, text=text, content_type="application/json", headers=headers)


def _page(event: Event) -> Response:
    name, content_type = pages.FILES[" ".join(http.method_and_path(event))]
    return http.text_response(
        event, status=200, text=pages.text(name), content_type=content_type, headers=pages.headers()
    )


def _no_route(event: Event) -> Response:
    raise logic.no_route(*http.method_and_path(event))


_ROUTES = {
    "GET /v1/model": _model,
    "GET /v1/drift": _drift,
    "GET /health": _health,
    "GET /openapi.json": _contract,
    **dict.fromkeys(pages.FILES, _page),
}


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers by method and path; also gets every path without a route, through the HTTP API's `$default`."""
    logger.append_keys(request_id=http.request_id(event))
    return router.answer(event, _ROUTES, otherwise=_no_route, logger=logger)


# In Lambda, clients are made and files read before the first request, and with SnapStart before the snapshot.
if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    _models()
    contract.document()
