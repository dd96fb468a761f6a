"""Lambda integrations of an HTTP API: measured, limited in time, and failing as API Gateway does.

A Lambda that fails or gives a malformed answer results in a 500 without its message, and one that is too slow in a 503.
MiniStack answers 502 with the Lambda's own error and waits forever.
"""

import asyncio
import time
from typing import Any

from local_aws import private_api
from local_aws.patches.http_api.request import Request, current

_MODULE = "ministack.services.apigateway"
_PROXY = private_api.declare(
    _MODULE,
    "_invoke_lambda_proxy",
    "measure and bound the integration of an HTTP API",
    takes=(
        "integration",
        "api_id",
        "stage",
        "path",
        "method",
        "headers",
        "body",
        "query_params",
        "route_key",
        "path_params",
        "authorizer_claims",
        "authorizer_scopes",
        "authorizer_lambda_context",
        "authorizer_iam",
        "owner_account_id",
        "owner_region",
        "raw_query_string",
    ),
)
_AUTHORIZE = private_api.declare(
    _MODULE,
    "_authorize_request_v2",
    "put a Lambda authorizer's context into access logs",
    takes=(
        "api_id",
        "stage",
        "route",
        "method",
        "path",
        "resource_path",
        "headers",
        "query_params",
        "path_params",
        "stage_vars",
        "owner_account_id",
        "owner_region",
        "raw_query_string",
    ),
)
_RESULT = private_api.declare(
    "ministack.services.lambda_svc",
    "lambda_execute_result_to_api_proxy_response",
    "answer 500 when an HTTP API's Lambda fails",
    takes=("exec_result",),
)
_IS_TEXT = private_api.declare(
    _MODULE, "_v2_request_body_is_text", "send a body that is not UTF-8 as base64", takes=("content_type",)
)
_NEW_ID = private_api.declare(
    _MODULE, "new_uuid", "give a Lambda the request id that the caller and the access log see", takes=()
)

_BODY = 6  # where `_PROXY` takes the body

_FAILED = {
    "statusCode": 500,
    "headers": {"content-type": "application/json"},
    "body": '{"message":"Internal Server Error"}',
}
_SLOW = (503, {"Content-Type": "application/json"}, b'{"message":"Service Unavailable"}')


def install() -> None:
    """Wrap the integration, the authorizer, and the conversion of a Lambda's result to a response."""
    proxy, authorize, shape, new_id = _PROXY.get(), _AUTHORIZE.get(), _RESULT.get(), _NEW_ID.get()
    of_text_type = _IS_TEXT.get()

    async def measured(integration: Any, *args: Any, **keywords: Any) -> Any:
        request = current.get()
        if request is not None:
            request.body_is_utf8 = is_utf8(keywords["body"] if "body" in keywords else args[_BODY - 1])
        started = time.monotonic()
        try:
            async with asyncio.timeout(_timeout_seconds(integration)):
                response = await proxy(integration, *args, **keywords)
        except TimeoutError:
            response = _SLOW
            _note(request, integration_error="Integration timed out", error_message="Service Unavailable")
        if request is not None:
            request.integration_latency = (time.monotonic() - started) * 1000
            request.integration_status = response[0]
        return response

    async def authorizing(*args: Any, **keywords: Any) -> Any:
        request = current.get()
        started = time.monotonic()
        refusal, context = await authorize(*args, **keywords)
        if request is not None:
            request.authorizer_latency = (time.monotonic() - started) * 1000
            request.authorizer = dict(context or {})
            request.authorizer_status = 200 if refusal is None or refusal[0] == 403 else refusal[0]
            if refusal is not None and refusal[0] == 500:
                request.authorizer_error = "The authorizer failed or answered in a wrong format"
        return refusal, context

    def shaped(exec_result: Any) -> Any:
        request = current.get()
        if request is None:
            return shape(exec_result)
        problem = failure(exec_result)
        if problem is None:
            response, trace = shape(exec_result)
            problem = malformed(response)
            if problem is None:
                return {**response, "statusCode": int(response.get("statusCode", 200))}, trace
        _note(request, integration_error=problem, error_message="Internal Server Error")
        return dict(_FAILED), None

    def is_text(content_type: Any) -> bool:
        # "A text payload is a UTF-8-encoded JSON string. A binary payload is anything other than a text payload"
        # ("Binary media types" in API Gateway's developer guide; its page on payload format 2.0 does not say more).
        request = current.get()
        return bool(of_text_type(content_type)) and (request is None or request.body_is_utf8)

    def request_id() -> Any:
        request = current.get()
        return new_id() if request is None else request.request_id

    _PROXY.set(measured)
    _AUTHORIZE.set(authorizing)
    _RESULT.set(shaped)
    _NEW_ID.set(request_id)
    _IS_TEXT.set(is_text)


def is_utf8(body: bytes | None) -> bool:
    """Whether a body is UTF-8."""
    try:
        (body or b"").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def failure(exec_result: dict[str, Any]) -> str | None:
    """Return the Lambda's own error if its invocation failed; a throttle does not count as a failure of the Lambda."""
    if not exec_result.get("error") or exec_result.get("throttle"):
        return None
    body = exec_result.get("body")
    return str(body.get("errorMessage", body) if isinstance(body, dict) else body)


def malformed(response: Any) -> str | None:
    """Return what is wrong with a Lambda's answer in payload format 2.0, or None."""
    if not isinstance(response, dict):
        return "The response is not an object"
    if not str(response.get("statusCode", 200)).isdigit():
        return f"The status code {response['statusCode']!r} is not a number"
    if not isinstance(response.get("body", ""), str | None):
        return "The body is not a string"
    if not isinstance(response.get("headers") or {}, dict):
        return "The headers are not an object"
    return None


def _timeout_seconds(integration: Any) -> float:
    return float(integration.get("timeoutInMillis") or 30_000) / 1000


def _note(request: Request | None, *, integration_error: str, error_message: str) -> None:
    if request is not None:
        request.integration_error = integration_error
        request.error_message = error_message
