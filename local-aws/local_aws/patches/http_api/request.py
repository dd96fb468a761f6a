"""The HTTP API request being handled: the source of `$context` variables and metrics."""

import base64
import contextvars
import os
import time
from dataclasses import dataclass, field
from typing import Any


def new_request_id() -> str:
    """Return an ID in the form that HTTP APIs use: 16 base64 characters that are safe in a path."""
    return base64.urlsafe_b64encode(os.urandom(11)).decode()


@dataclass
class Request:
    """One request; times are epoch seconds, latencies milliseconds."""

    api_id: str
    stage: str
    method: str
    path: str
    source_ip: str
    user_agent: str
    account_id: str
    request_id: str = field(default_factory=new_request_id)
    started: float = field(default_factory=time.time)
    route_key: str = ""
    body_is_utf8: bool = True
    integration_status: int | None = None
    integration_latency: float | None = None
    integration_error: str | None = None
    error_message: str | None = None
    authorizer: dict[str, Any] = field(default_factory=dict)
    authorizer_latency: float | None = None
    authorizer_status: int | None = None
    authorizer_error: str | None = None


current: contextvars.ContextVar[Request | None] = contextvars.ContextVar("local_aws_http_api_request", default=None)
