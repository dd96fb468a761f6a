"""The entry point of every HTTP API request: size limit, throttling, preflights, access log and metrics."""

import json
import time
from collections.abc import Mapping
from typing import Any

from local_aws import private_api
from local_aws.patches.http_api import access_log, metrics, throttle
from local_aws.patches.http_api.request import Request, current

_MODULE = "ministack.services.apigateway"
_HANDLE = private_api.declare(
    _MODULE,
    "handle_execute",
    "throttle, log and measure HTTP API requests",
    takes=("api_id", "stage", "path", "method", "headers", "body", "query_params", "raw_query_string"),
)
_STAGES = private_api.declare(_MODULE, "stages_for_api", "read a stage's throttling and access log", takes=("api_id",))
_SCOPE = private_api.declare(_MODULE, "find_api_scope", "publish metrics in the API's own account", takes=("api_id",))
_MATCH = private_api.declare(
    _MODULE, "_match_route", "know the route of an HTTP API request", takes=("api_id", "method", "path")
)
_REQUEST_SCOPE = private_api.declare(
    "ministack.core.responses",
    "request_scope",
    "publish metrics in the API's own account",
    takes=("account_id", "region"),
)
_CLIENT_IP = private_api.declare(
    "ministack.core.responses", "get_request_client_ip", "log the caller's address", takes=()
)

PAYLOAD_LIMIT_BYTES = 10 * 1024 * 1024

Response = tuple[int, dict[str, Any], Any]


def install() -> None:
    """Wrap the data plane's entry point."""
    inner = _HANDLE.get()

    async def handle(
        api_id: str,
        stage: str,
        path: str,
        method: str,
        headers: Any,
        body: bytes,
        query_params: Any,
        raw_query_string: str | None = None,
    ) -> Response:
        scope = _SCOPE.get()(api_id)
        if scope is None:
            not_found: Response = await inner(api_id, stage, path, method, headers, body, query_params)
            return not_found
        with _REQUEST_SCOPE.get()(*scope):
            settings = dict(_STAGES.get()(api_id).get(stage) or {"stageName": stage})
            request = _request(api_id, stage, method, path, headers=headers, account_id=scope[0])
            token = current.set(request)
            try:
                response: Response | None = refuse(settings, request, body)
                if response is None:
                    response = await inner(
                        api_id, stage, path, method, headers, body, query_params, raw_query_string=raw_query_string
                    )
            finally:
                current.reset(token)
            return _finish(settings, request, response, received=len(body or b""))

    _HANDLE.set(handle)


def refuse(settings: Mapping[str, Any], request: Request, body: bytes) -> Response | None:
    """Return the answer to a request that must not reach the integration, or None."""
    if len(body or b"") > PAYLOAD_LIMIT_BYTES:
        return _error(request, 413, "Request Entity Too Large")
    if not throttle.allows(request.api_id, settings, request.route_key):
        return _error(request, 429, "Too Many Requests")
    return None


def _request(api_id: str, stage: str, method: str, path: str, *, headers: Any, account_id: str) -> Request:
    route = _MATCH.get()(api_id, method, "/" + path.lstrip("/")) or {}
    return Request(
        api_id=api_id,
        stage=stage,
        method=method,
        path=path,
        source_ip=_CLIENT_IP.get()() or "127.0.0.1",
        user_agent=headers.get("user-agent", ""),
        account_id=account_id,
        route_key=route.get("routeKey", ""),
    )


def _finish(settings: Mapping[str, Any], request: Request, response: Response, *, received: int) -> Response:
    status, headers, body = response
    headers = {**headers, "apigw-requestid": request.request_id}
    if request.method == "OPTIONS" and status == 403 and b"CORS origin denied" in body:
        # API Gateway also answers a preflight from another origin, but without the headers that would allow it.
        status, headers, body = 204, {"apigw-requestid": request.request_id}, b""
    elif status >= 400 and request.error_message is None and request.integration_status is None:
        request.error_message = _message(body)
    sent = len(body) if isinstance(body, bytes | str) else 0
    milliseconds = round((time.time() - request.started) * 1000)
    access_log.write(settings, request, status=status, response_bytes=sent, milliseconds=milliseconds)
    metrics.publish(settings, request, status=status, processed=received + sent, milliseconds=milliseconds)
    return status, headers, body


def _error(request: Request, status: int, message: str) -> Response:
    request.error_message = message
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return status, {"Content-Type": "application/json"}, body


def _message(body: Any) -> str | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return str(document.get("message")) if isinstance(document, dict) else None
