"""HTTP API events (payload format 2.0) and their responses."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from lambda_src.common.problems import Problem

# What Lambda returns for a synchronous invocation ("Lambda quotas" in its developer guide), less room for the headers.
MAX_RESPONSE_BYTES = 6 * 1024 * 1024 - 32 * 1024

Event = dict[str, Any]
Response = dict[str, Any]


def request_id(event: Event) -> str:
    """API Gateway's id of the request."""
    return str(event.get("requestContext", {}).get("requestId", ""))


def header(event: Event, name: str) -> str:
    """A request header's value, or "". Names are matched without regard to case."""
    return optional_header(event, name) or ""


def optional_header(event: Event, name: str) -> str | None:
    """A request header's value, which may be empty; None without the header."""
    wanted = name.lower()
    for key, value in (event.get("headers") or {}).items():
        if key.lower() == wanted:
            return str(value)
    return None


def body(event: Event) -> bytes:
    """The request's body as bytes; raises Problem malformed-body when its base64 cannot be decoded."""
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem("malformed-body", "The body is not valid base64.") from error


def method_and_path(event: Event) -> tuple[str, str]:
    """The request's method and its path without the stage's prefix."""
    context = event.get("requestContext", {})
    method = str(context.get("http", {}).get("method", ""))
    path = str(event.get("rawPath") or "/")
    stage = str(context.get("stage", "$default"))
    if stage != "$default" and (path == f"/{stage}" or path.startswith(f"/{stage}/")):
        path = path[len(stage) + 1 :] or "/"
    return method, path


def json_response(event: Event, *, status: int, document: Any, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response with the request's id."""
    return text_response(
        event,
        status=status,
        text=json.dumps(document, ensure_ascii=False, separators=(",", ":")),
        content_type="application/json",
        headers=headers,
    )


def text_response(
    event: Event, *, status: int, text: str, content_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A response whose body is `text`."""
    return {
        "statusCode": status,
        "headers": {
            "content-type": content_type,
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "x-request-id": request_id(event),
            **rate_limit_headers(event),
            **model_version_header(event),
            **(headers or {}),
        },
        "body": text,
        "isBase64Encoded": False,
    }


def _authorizer_context(event: Event) -> Mapping[str, Any]:
    return ((event.get("requestContext") or {}).get("authorizer") or {}).get("lambda") or {}


def model_version_header(event: Event) -> dict[str, str]:
    """The version of the model that serves, from the authorizer; a classification's response names its own model."""
    version = _authorizer_context(event).get("model_version")
    return {"x-model-version": str(version)} if version else {}


def rate_limit_headers(event: Event) -> dict[str, str]:
    """Where the caller's key stands with its limits, from the authorizer; empty if its requests are not counted."""
    context = _authorizer_context(event)
    return {f"ratelimit-{name}": str(context[name]) for name in ("limit", "remaining", "reset") if context.get(name)}


def problem_response(event: Event, problem: Problem) -> Response:
    """The response for a Problem."""
    document = problem.document(request_id=request_id(event))
    headers = {"content-type": "application/problem+json", **problem.headers}
    return json_response(event, status=problem.status, document=document, headers=headers)


def _is_too_large(response: Response) -> bool:
    """Whether Lambda would refuse to return it: its body is a JSON string there, with each quotation mark escaped."""
    body = str(response.get("body") or "")
    # A character takes six bytes at most: most bodies need no second look.
    if len(body) * 6 <= MAX_RESPONSE_BYTES:
        return False
    return len(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")) > MAX_RESPONSE_BYTES


def answer(event: Event, work: Callable[[], Response], *, logger: Any) -> Response:
    """What `work` returns, or its Problem as a response; any other exception is logged and becomes a 500."""
    try:
        response = work()
        if _is_too_large(response):
            detail = "The answer would have more than 6 MB. Send fewer texts, or set a `top_k` or `limit`."
            raise Problem("invalid-input", detail)
        return response
    except Problem as problem:
        # Without `detail`, which may quote the request.
        logger.info("request refused", problem=problem.slug, status=problem.status)
        return problem_response(event, problem)
    except Exception:  # the last line of defence: no stack trace may reach the caller
        logger.exception("request failed")
        detail = "Something went wrong on our side. If this continues, report the request id."
        return problem_response(event, Problem("internal-error", detail))
