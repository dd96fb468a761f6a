"""Access logs of an HTTP API stage: the stage's format with each `$context` variable replaced."""

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from local_aws.patches.cloudwatch import logs
from local_aws.patches.http_api.request import Request
from local_aws.patches.http_api.throttle import setting

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_-]+)*)")


def write(stage: Mapping[str, Any], request: Request, *, status: int, response_bytes: int, milliseconds: int) -> None:
    """Deliver one line to the stage's destination; does nothing if the stage has no access log."""
    settings = stage.get("accessLogSettings") or {}
    destination = setting(settings, "destinationArn")
    if not destination:
        return
    values = variables(request, status=status, response_bytes=response_bytes, milliseconds=milliseconds)
    line = render(str(setting(settings, "format") or ""), values)
    logs.deliver(logs.group_name(str(destination)), f"{request.api_id}/{request.stage}", line)


def render(template: str, values: Mapping[str, Any]) -> str:
    """Replace the variables in the format; `-` stands for a missing value."""
    as_json = template.lstrip().startswith("{")

    def replace(match: re.Match[str]) -> str:
        value = values.get(match.group(1))
        if value is None or value == "":
            return "-"
        if isinstance(value, bool):
            return "true" if value else "false"
        # A quotation mark in a user agent must not break a JSON line.
        return json.dumps(str(value), ensure_ascii=False)[1:-1] if as_json else str(value)

    return _VARIABLE.sub(replace, template)


def variables(request: Request, *, status: int, response_bytes: int, milliseconds: int) -> dict[str, Any]:
    """Return a finished request's `$context` variables by name, without the `$context.` prefix."""
    started = time.gmtime(request.started)
    error = request.error_message
    values: dict[str, Any] = {
        "accountId": request.account_id,
        "apiId": request.api_id,
        "stage": request.stage,
        "domainName": f"{request.api_id}.execute-api",
        "domainPrefix": request.api_id,
        "requestId": request.request_id,
        "extendedRequestId": request.request_id,
        "httpMethod": request.method,
        "path": request.path,
        "protocol": "HTTP/1.1",
        "routeKey": request.route_key,
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", started),
        "requestTimeEpoch": int(request.started * 1000),
        "identity.sourceIp": request.source_ip,
        "identity.userAgent": request.user_agent,
        "status": status,
        "responseLength": response_bytes,
        "responseLatency": milliseconds,
        "dataProcessed": response_bytes,
        "error.message": error,
        "error.messageString": None if error is None else f'"{error}"',
        "integrationErrorMessage": request.integration_error,
        "integration.error": request.integration_error,
        "integration.latency": _whole(request.integration_latency),
        "integrationLatency": _whole(request.integration_latency),
        "integration.integrationStatus": request.integration_status,
        "integration.status": None if request.integration_status is None else 200,
        "integrationStatus": None if request.integration_status is None else 200,
        "authorizer.error": request.authorizer_error,
        "authorizer.latency": _whole(request.authorizer_latency),
        "authorizer.status": request.authorizer_status,
    }
    values.update({f"authorizer.{name}": value for name, value in request.authorizer.items()})
    return values


def _whole(milliseconds: float | None) -> int | None:
    return None if milliseconds is None else round(milliseconds)
