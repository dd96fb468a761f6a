"""The API's real handlers with an AWS that answers at once: only the function's own code costs time.

botocore's clients are real up to the point of sending, where the answers of DynamoDB and SageMaker are made up.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest import mock

from botocore.awsrequest import AWSResponse
from botocore.session import Session

from benchmarks.hostile import shapes

CONTEXT = SimpleNamespace(
    function_name="function",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:function",
    aws_request_id="00000000-0000-0000-0000-000000000000",
)
LABELS = ("Business", "Entertainment", "Health", "\U0001f600" * 100)
ROW = (0.91, 0.03, 0.03, 0.03)
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_SERVICE_NAME": "benchmark",
    "POWERTOOLS_METRICS_NAMESPACE": "Rubric",
    "LOG_LEVEL": "CRITICAL",
    "ENVIRONMENT": "benchmark",
    "ENDPOINT_NAME": "benchmark",
    "REQUEST_LOG_TABLE": "requests",
    "REQUEST_LOG_DAYS": "30",
    "REQUEST_LOG_SHARDS": "4",
    "REQUEST_LOG_TEXT": "store",
    "LOG_DLQ_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/benchmark",
    "ANSWERS_TABLE": "answers",
    "EXAMPLES_TABLE": "examples",
    "LEDGER_TABLE": "ledger",
    "EXAMPLE_DAYS": "30",
    "LABELLING_DAYS": "7",
    "SHARED_SHARE": "0.2",
    "ERASED_TABLE": "erased",
    "CURSOR_SECRET": "arn:aws:secretsmanager:us-east-1:000000000000:secret:benchmark-AbCdEf",
    "APPROVED_MODEL_PARAMETER": "/benchmark/approved-model",
    "ARTIFACT_BUCKET": "benchmark",
    "API_AUTH": "keys",
}
REQUEST_ID = "JKJaXmPLvHcESHA="
LOGGED = {
    "request_id": {"S": REQUEST_ID},
    "position": {"N": "0"},
    "time": {"S": "2026-11-20T21:35:00.123Z"},
    "key_id": {"S": "abcdefgh23"},
    "text": {"S": "A text"},
    "label": {"S": LABELS[0]},
    "labels": {"L": [{"S": label} for label in LABELS]},
    "model_version": {"S": "rubric-dev-1"},
    "feedback_label": {"S": LABELS[1]},
    "feedback_time": {"S": "2026-11-20T21:36:00.123Z"},
}


@dataclass(frozen=True, kw_only=True)
class Route:
    """A route that takes a body. arounds: where in a body the filler goes.

    full: makes a valid body of a size in bytes whose texts repeat one unit (as JSON has it).
    """

    name: str
    function: str
    path: str
    arounds: tuple[tuple[str, str], ...]
    full: Callable[[str, int], bytes]

    def valid(self, size: int) -> list[bytes]:
        """Valid bodies of that size, of ordinary texts."""
        return [self.full(shapes.TEXTS[name], size) for name in shapes.ORDINARY]


class _Raw(io.BytesIO):
    """A response's body like urllib3's."""

    def stream(self, amount: int = 65_536, **_: Any) -> Any:
        while chunk := self.read(amount):
            yield chunk


def _full_inputs(unit: str, size: int) -> bytes:
    count = _share(64, size)
    text = _repeated(unit, characters=2000, size=(size - 16) // count - 4)
    return _filled(f'{{"inputs":[{",".join([text] * count)}]}}', size)


def _full_feedback(unit: str, size: int) -> bytes:
    label = _repeated(shapes.TEXTS["escapes"], characters=100, size=1200)  # one that the model knows
    request_id = _repeated(unit, characters=128, size=1600)
    return _filled(f'{{"request_id":{request_id},"label":{label},"position":63}}', size)


def _full_label(unit: str, size: int) -> bytes:
    label = _repeated(shapes.TEXTS["escapes"], characters=100, size=1200)  # one that the model knows
    labeller = _repeated(unit, characters=39, size=400)
    document = f'{{"request_id":"{REQUEST_ID}","label":{label},"labeller":"a{labeller[1:]}}}'
    return _filled(document, size)


def _full_examples(unit: str, size: int) -> bytes:
    count = _share(100, size)
    label = _repeated(unit, characters=100, size=1200)
    text = _repeated(unit, characters=2000, size=(size - 16) // count - len(label.encode()) - 24)
    example = f'{{"text":{text},"label":{label}}}'
    return _filled(f'{{"examples":[{",".join([example] * count)}]}}', size)


def _share(most: int, size: int) -> int:
    """How many items a body of that size has, if one of the largest size has the most that are allowed."""
    return max(1, most * size // shapes.LARGEST)


def _repeated(unit: str, *, characters: int, size: int) -> str:
    """A text of the unit, at least once, within so many characters and bytes."""
    times = min(characters // len(json.loads(f'"{unit}"')), size // len(unit.encode()))
    return f'"{unit * max(1, times)}"'


def _filled(document: str, size: int) -> bytes:
    """The document in exactly `size` bytes: with white space after its first character."""
    raw = document.encode()
    if len(raw) > size:
        raise ValueError(f"{len(raw)} bytes do not fit into {size}")
    return raw[:1] + b" " * (size - len(raw)) + raw[1:]


ROUTES = (
    Route(
        name="POST /v1/classify",
        function="classify",
        path="/v1/classify",
        arounds=(("", ""), ('{"inputs":', "}"), ('{"inputs":"a","other":', "}"), ('{"headline":', "}")),
        full=_full_inputs,
    ),
    Route(
        name="POST /v1/feedback",
        function="request_log_api",
        path="/v1/feedback",
        arounds=(
            ("", ""),
            ('{"request_id":"r","label":"l","position":', "}"),
            ('{"request_id":"r","label":', "}"),
            ('{"label":"l","request_id":"r","other":', "}"),
        ),
        full=_full_feedback,
    ),
    Route(
        name="POST /v1/examples",
        function="examples",
        path="/v1/examples",
        arounds=(
            ("", ""),
            ('{"examples":', "}"),
            ('{"examples":[{"text":"a","label":"l"},{"label":"l","text":', "}]}"),
            ('{"text":"a","label":', "}"),
        ),
        full=_full_examples,
    ),
    Route(
        name="POST /v1/labels",
        function="labelling",
        path="/v1/labels",
        arounds=(
            ("", ""),
            ('{"request_id":"r","label":"l","labeller":', "}"),
            ('{"request_id":"r","label":', "}"),
            ('{"label":"l","request_id":"r","other":', "}"),
        ),
        full=_full_label,
    ),
)


def event(route: Route, body: bytes) -> dict[str, Any]:
    """The request as the HTTP API sends it; what is not UTF-8 comes in base64."""
    try:
        text, encoded = body.decode(), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(body).decode(), True
    context = {"verdict": "ok", "key_id": "abcdefgh23", "scopes": "classify feedback examples read label"}
    return {
        "version": "2.0",
        "rawPath": route.path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "http": {"method": "POST", "path": route.path},
            "stage": "$default",
            "requestId": "JKJaXmPLvHcESHA=",
            "authorizer": {"lambda": context},
        },
        "isBase64Encoded": encoded,
        "body": text,
    }


@contextlib.contextmanager
def answering() -> Iterator[Callable[[dict[str, Any], str], dict[str, Any]]]:
    """A function that passes an event to the handler of that name. Clients made within use no network."""
    with mock.patch.dict(os.environ, VARIABLES):
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_LAMBDA_INITIALIZATION_TYPE"):
            os.environ.pop(name, None)
        from lambda_src.common import aws  # only after setting the variables that botocore and Powertools read

        session = Session()
        session.register("before-send", _answer)
        with mock.patch.object(aws, "_session", lambda: session):
            _forget(aws)
            try:
                yield _call
            finally:
                _forget(aws)


def _call(event: dict[str, Any], function: str) -> dict[str, Any]:
    handler = importlib.import_module(f"lambda_src.{function}.handler")
    with contextlib.redirect_stdout(io.StringIO()):  # a function's metrics, which go to a pipe in Lambda
        answer: dict[str, Any] = handler.handler(event, CONTEXT)
    return answer


def _forget(aws: Any) -> None:
    """Clear the handlers' caches of settings and clients."""
    aws.client.cache_clear()
    for function in ("classify", "request_log_api", "examples", "labelling", "meta"):
        handler = importlib.import_module(f"lambda_src.{function}.handler")
        for kept in vars(handler).values():
            if hasattr(kept, "cache_clear"):
                kept.cache_clear()


def _answer(request: Any, **_: Any) -> AWSResponse:
    """The service's answer, for botocore's `before-send`."""
    operation = str(request.headers.get("X-Amz-Target", b""), "ascii").rpartition(".")[2]
    headers = {"content-type": "application/x-amz-json-1.0"}
    if not operation:  # SageMaker's runtime
        count = len(json.loads(request.body)["inputs"])
        headers = {"content-type": "application/json", "x-amzn-Invoked-Production-Variant": "champion"}
        document = _predictions(count)
    else:
        document = _RESULTS.get(operation, b"{}")
    return AWSResponse(request.url, 200, headers, _Raw(document))


@cache
def _predictions(count: int) -> bytes:
    one = {"predicted_label": LABELS[0], "probabilities": [ROW], "labels": LABELS, "model_version": "rubric-dev-1"}
    return json.dumps({"predictions": [one] * count}).encode()


_RESULTS = {
    "BatchGetItem": json.dumps({"Responses": {"requests": [LOGGED]}}).encode(),
    "GetSecretValue": json.dumps({"SecretString": "benchmark"}).encode(),
    "GetParameter": json.dumps({"Parameter": {"Value": "s3://benchmark/models/rubric-dev-1/model.tar.gz"}}).encode(),
    "GetItem": json.dumps({"Item": LOGGED}).encode(),
    "UpdateItem": json.dumps({"Attributes": LOGGED}).encode(),
    "TransactWriteItems": b"{}",
    "Query": json.dumps({"Items": [], "Count": 0, "ScannedCount": 0}).encode(),
}
