"""Bytes that are not UTF-8, over HTTP: through the local AWS's gateway to the API's own readers, as they are built."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws_testing.server import ROLE, Server, http
from tests.clone import ROOT

BUNDLE = ROOT / "build/lambda/request_log_api"
READERS = """
from lambda_src.common.api import http, json_body, query

class Silent:
    info = exception = staticmethod(lambda *_, **__: None)

def read(event):
    if http.method_and_path(event)[0] == "POST":
        document = json_body.read(event, example="{}", too_large="")
    else:
        document = query.read(event, method="get", path="/v1/requests")
    return http.json_response(event, status=200, document=document)

def handler(event, context):
    return http.answer(event, lambda: read(event), logger=Silent())
"""


def packed() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(BUNDLE.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(BUNDLE).as_posix())
        archive.writestr("index.py", READERS)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def url(server: Server) -> Iterator[str]:
    function = server.client("lambda").create_function(
        FunctionName="readers",
        Runtime="python3.13",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": packed()},
        Timeout=30,
    )["FunctionArn"]
    gateway = server.client("apigatewayv2")
    api = gateway.create_api(Name="readers", ProtocolType="HTTP")
    integration = gateway.create_integration(
        ApiId=api["ApiId"], IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    gateway.create_route(ApiId=api["ApiId"], RouteKey="$default", Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    yield api["ApiEndpoint"]
    gateway.delete_api(ApiId=api["ApiId"])
    server.client("lambda").delete_function(FunctionName="readers")


def post(url: str, body: bytes, content_type: str = "application/json") -> tuple[int, Any]:
    status, _, answer = http("POST", url, body=body, headers={"content-type": content_type})
    return status, json.loads(answer)


@pytest.mark.parametrize(
    "text",
    [
        b"caf\xe9",  # Latin-1
        b"\x93quoted\x94",  # Windows-1252
        b"caf\xc3",  # cut in a character
        b"\xf0\x9f\x98",  # cut in a character whose replacement is as long
        b"\xc0\xaf",  # too long a form
        b"\xed\xa0\x80",  # a surrogate
    ],
)
def test_a_body_that_is_not_utf_8_is_malformed(url: str, text: bytes) -> None:
    status, problem = post(url, b'{"inputs":"' + text + b'"}')
    assert (status, problem["type"]) == (400, "urn:rubric:problem:malformed-body")
    assert "not valid UTF-8" in problem["detail"]


def test_utf_16_is_malformed(url: str) -> None:
    assert post(url, '{"inputs":"a"}'.encode("utf-16"))[0] == 400


@pytest.mark.parametrize("text", ["café", "\ufffd", "caf\ufffd é", "😀", "नमस्ते"])
def test_a_body_in_utf_8_arrives_as_sent(url: str, text: str) -> None:
    for content_type in ("application/json", "application/json; charset=utf-8"):
        assert post(url, json.dumps({"inputs": text}, ensure_ascii=False).encode(), content_type) == (
            200,
            {"inputs": text},
        )


def test_a_query_that_is_not_utf_8_is_refused(url: str) -> None:
    status, _, answer = http("GET", f"{url}/v1/requests?label=caf%E9")
    assert (status, json.loads(answer)["detail"]) == (422, "The query string is not valid: send percent-encoded UTF-8.")
    status, _, answer = http("GET", f"{url}/v1/requests?label=caf%C3%A9")
    assert (status, json.loads(answer)["label"]) == (200, "café")
