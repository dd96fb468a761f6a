"""Fixtures: events, a Lambda context, a fake AWS account, a server that receives custom resources' answers."""

from __future__ import annotations

import copy
import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from moto import mock_aws

from lambda_src.common import aws
from lambda_src.common.api import http
from tests.strict_requests import requests_that_aws_takes  # noqa: F401 (a fixture)
from tests.unit.lambda_src.documented import faults

# Powertools reads these when a handler module is imported.
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "rubric-test")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Rubric")

EVENTS = Path(__file__).parent / "events"


class Context:
    """The part of Lambda's context that the functions use."""

    function_name = "function"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:function"
    aws_request_id = "5c1f1f0e-7d3a-4f0b-9d0e-1a2b3c4d5e6f"

    def __init__(self, remaining_ms: int = 900_000) -> None:
        self._remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:
        return self._remaining_ms


class FakeLogger:
    """Keeps the log's entries: (level, message, fields)."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda message, **fields: self.lines.append((level, message, fields))

    def messages(self, level: str) -> list[str]:
        return [message for line_level, message, _ in self.lines if line_level == level]


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture
def logger() -> FakeLogger:
    return FakeLogger()


@pytest.fixture
def load_event() -> Callable[[str], dict[str, Any]]:
    return lambda name: copy.deepcopy(json.loads((EVENTS / f"{name}.json").read_text("utf-8")))


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fake, empty AWS account; clients made in it are forgotten afterwards."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    client = aws.client  # a test may have replaced it when this ends
    client.cache_clear()
    with mock_aws():
        yield
    client.cache_clear()


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Sets a handler module's environment and clears its cached settings and clients."""
    touched: list[ModuleType] = []

    def forget(module: ModuleType) -> None:
        made = ("_settings", "_classifier", "_models", "_records", "_usage", "_answers", "_check", "_served", "_table")
        for name in (*made, "_erased", "_signing_keys", "_parking", "_reports"):
            clear = getattr(
                getattr(module, name, None), "cache_clear", None
            )  # a test may have put something else there
            if clear:
                clear()

    def apply(module: ModuleType, **variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        forget(module)
        touched.append(module)

    yield apply
    for module in touched:
        forget(module)


@pytest.fixture
def read_log(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType], Callable[[], list[dict[str, Any]]]]:
    """For a handler module: a function that returns the lines its logger has written since."""

    def attach(module: ModuleType) -> Callable[[], list[dict[str, Any]]]:
        stream = io.StringIO()
        monkeypatch.setattr(module.logger.registered_handler, "stream", stream)
        return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]

    return attach


@pytest.fixture(autouse=True)
def documented(monkeypatch: pytest.MonkeyPatch) -> None:
    """Holds every answer that a handler gives in any of these tests to the contract: status, media type, headers."""
    real = http.answer

    def checked(event: http.Event, *args: Any, **named: Any) -> http.Response:
        response = real(event, *args, **named)
        method, _ = http.method_and_path(event)  # some tests leave it out: no request of theirs is like any real one
        assert not method or faults(event, response) == []
        return response

    monkeypatch.setattr(http, "answer", checked)


@pytest.fixture
def cfn_answers() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(URL, answers): a server that keeps the bodies of PUT requests, like CloudFormation's presigned URL."""
    answers: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            length = int(self.headers["content-length"])
            answers.append({**json.loads(self.rfile.read(length)), "content-type": self.headers["content-type"]})
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/answer?signature=x", answers
    server.shutdown()
    server.server_close()
    thread.join()
