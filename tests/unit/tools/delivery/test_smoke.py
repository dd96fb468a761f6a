"""Tests the smoke test against a server that answers as the API's contract says, or does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tools.delivery.errors import DeliveryError
from tools.delivery.smoke import Smoke

MODEL = "rubric-dev-1"
LABELS = ["Business", "Health"]
PREDICTION = {"predicted_label": "Health", "labels": LABELS}
CLASSIFIED = {"model_version": MODEL, "backend": "sagemaker", "request_id": "a=", "predictions": [PREDICTION] * 2}
GOOD: dict[str, tuple[int, dict[str, Any]]] = {
    "GET /health?deep=true": (200, {"model_version": MODEL}),
    "POST /v1/classify": (200, CLASSIFIED),
    "GET /v1/requests/a%3D": (200, {"request_id": "a="}),
}


@pytest.fixture
def answers() -> dict[str, tuple[int, dict[str, Any]]]:
    return dict(GOOD)


@pytest.fixture
def smoke(answers: dict[str, tuple[int, dict[str, Any]]]) -> Iterator[Smoke]:
    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, value = answers[f"{self.command} {self.path}"]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

        do_POST = do_GET  # noqa: N815 (http.server names it)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    stacks = SimpleNamespace(need=lambda output: url)
    settings = SimpleNamespace(api=SimpleNamespace(auth="keys"), task=None)
    cloud = cast(Any, SimpleNamespace(stacks=stacks, settings=settings))
    yield Smoke(cloud, key="rk_given", model=MODEL, say=lambda text: None, patience=0)
    server.shutdown()


def test_an_api_that_answers_with_the_same_model_as_before_passes(smoke: Smoke) -> None:
    smoke.run()


@pytest.mark.parametrize(
    ("route", "answer", "why"),
    [
        ("GET /health?deep=true", (503, {"detail": "the model is silent"}), "answers 503: the model is silent"),
        ("POST /v1/classify", (500, {}), "POST /v1/classify: answers 500"),
        ("POST /v1/classify", (401, {"title": "Unauthorized"}), "answers 401: Unauthorized"),
        ("POST /v1/classify", (200, {**CLASSIFIED, "model_version": "rubric-dev-2"}), "rubric-dev-1 did before"),
        ("POST /v1/classify", (200, {**CLASSIFIED, "backend": "bedrock"}), "instead of the endpoint"),
        ("POST /v1/classify", (200, {**CLASSIFIED, "predictions": [PREDICTION]}), "answers 2 texts with"),
        ("GET /v1/requests/a%3D", (404, {"title": "Unknown request"}), "row in the log: answers 404"),
    ],
)
def test_what_fails_is_named(
    smoke: Smoke, answers: dict[str, Any], route: str, answer: tuple[int, dict[str, Any]], why: str
) -> None:
    answers[route] = answer
    with pytest.raises(DeliveryError) as failed:
        smoke.run()
    assert why in str(failed.value) and "\n" not in str(failed.value)
