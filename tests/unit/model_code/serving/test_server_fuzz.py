"""The lean server answers any input with a prediction or a 4xx: it never answers a 5xx and never crashes.

RUBRIC_FUZZ_SECONDS: how long each test goes on (2 by default; a night's run finds more).
"""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.unit.model_code.conftest import Job
from tools.containers.lean import start_lean
from tools.containers.process import Container

SECONDS = float(os.environ.get("RUBRIC_FUZZ_SECONDS", "2"))
KNOWN_TYPES = ["application/json", "application/jsonlines", "text/csv", "application/json; charset=utf-8", "TEXT/CSV"]
MOST_BODY = 20_000  # the server's limit in these tests

texts = st.text(max_size=80) | st.text(max_size=300).map(lambda text: text * 7)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["inputs", "x", ""]), inner, max_size=3)
    ),
    max_leaves=12,
)
requests = st.fixed_dictionaries({"inputs": texts | st.lists(texts | values, max_size=12)})
documents = (values | requests).map(lambda value: json.dumps(value).encode())
cut = st.tuples(documents, st.floats(0, 1)).map(lambda pair: pair[0][: int(len(pair[0]) * pair[1])])
lines = st.lists(documents | cut | st.binary(max_size=40), max_size=8).map(b"\n".join)
rows = st.lists(texts.map(str.encode) | st.just(b'"quoted ""x"",\r\nsecond"'), max_size=8).map(b"\r\n".join)
bodies = documents | cut | lines | rows | st.binary(max_size=400) | st.integers(1, 9).map(lambda n: b"[" * 10**4 * n)
types = st.sampled_from(KNOWN_TYPES) | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
paths = st.sampled_from(["/invocations"] * 8 + ["/ping", "/metrics", "/", "/%00", "/invocations?x=%ff", "//", "/../x"])
methods = st.sampled_from(["POST"] * 8 + ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])

head = st.sampled_from(
    [b"POST /invocations HTTP/1.1\r\n", b"GET /ping HTTP/1.0\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
)
fields = st.sampled_from([
    b"Host: x\r\n", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Upgrade: websocket\r\n",
    b"Connection: upgrade\r\n", b"Content-Type: text/csv\r\n", b"\xff\xfe: \x00\r\n", b"X: " + b"y" * 9000 + b"\r\n",
])  # fmt: skip
chunk = st.sampled_from(
    [b"5\r\nhello\r\n", b"0\r\n\r\n", b"zz\r\n", b"hello", b"ffffffffffffffff\r\n", b'{"inputs":"a"}']
)
wire = st.tuples(
    head | st.binary(max_size=30), st.lists(fields, max_size=5), st.just(b"\r\n"), st.lists(chunk, max_size=4)
).map(lambda parts: parts[0] + b"".join(parts[1]) + parts[2] + b"".join(parts[3]))


@pytest.fixture(scope="module")
def server(trained: Job) -> Iterator[Container]:
    limits = {"RUBRIC_MAX_BODY_BYTES": str(MOST_BODY), "RUBRIC_REQUEST_SECONDS": "30", "RUBRIC_THREADS": "1"}
    with start_lean(trained.model, environ=limits) as started:
        started.wait_ready()
        yield started
        assert started.process.poll() is None
        assert status(started, "GET", "/ping")[0] == 200
        log = started.log.read_text()
        assert "Traceback" not in log
        assert "ERROR" not in log


def status(
    server: Container, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, str, bytes]:
    """One request on a separate connection: status, content type and body of the answer."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers["content-type"] or "", answer.read()
    finally:
        connection.close()


def repeat(check: Callable[..., None], **drawn: st.SearchStrategy[Any]) -> None:
    """Run ``check`` on drawn arguments for SECONDS; the first round is the same each time, the others are not."""
    limits = settings(
        max_examples=60, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    deadline = time.monotonic() + SECONDS
    number = 0
    while not number or time.monotonic() < deadline:
        limits(seed(number)(given(**drawn)(check)))()
        number = random.randrange(1, 2**32)


def test_no_body_makes_it_fail(server: Container) -> None:
    def check(method: str, path: str, body: bytes, content_type: str) -> None:
        code, kind, answer = status(server, method, path, body, {"content-type": content_type})
        assert code < 500, (code, answer)
        if method == "HEAD" or path == "/metrics":
            return
        if code == 200 and kind == "application/jsonlines":
            assert all("error" in json.loads(line) or "labels" in str(line) for line in answer.splitlines())
        elif code == 200:
            json.loads(answer)
        else:
            assert set(json.loads(answer)["error"]) == {"code", "message"}
            assert kind == "application/json"

    repeat(check, method=methods, path=paths, body=bodies, content_type=types)


def test_every_line_is_answered_by_its_own(server: Container) -> None:
    """Each line of a body is answered as it would be alone, by a prediction or by an error with the same code."""

    def check(parts: list[bytes]) -> None:
        sent = [part for part in parts if part.strip() and b"\n" not in part]
        if not sent or sum(map(len, sent)) > MOST_BODY // 2:
            return
        kind = {"content-type": "application/jsonlines"}
        code, _, together = status(server, "POST", "/invocations", b"\n".join(sent), kind)
        if code != 200:
            assert any(status(server, "POST", "/invocations", each, kind)[0] == code for each in sent)
            return
        answers = [json.loads(line) for line in together.split(b"\n")[:-1]]
        assert len(answers) == len(sent)
        for part, answer in zip(sent, answers, strict=True):
            alone = json.loads(status(server, "POST", "/invocations", part, kind)[2])
            assert alone.keys() == answer.keys()
            if "error" in alone:
                assert alone["error"]["code"] == answer["error"]["code"]

    repeat(check, parts=st.lists(documents | cut, max_size=6))


def test_nothing_on_the_wire_makes_it_fail(server: Container) -> None:
    host, port = server.url.removeprefix("http://").split(":")

    def check(sent: bytes) -> None:
        with socket.create_connection((host, int(port)), timeout=60) as caller:
            caller.sendall(sent)
            caller.shutdown(socket.SHUT_WR)
            got = b""
            try:
                while part := caller.recv(65536):
                    got += part
            except ConnectionResetError:  # closed before it had read all that was sent
                pass
        assert b"HTTP/1.1 5" not in got, (sent, got)

    repeat(check, sent=wire)
    assert status(server, "GET", "/ping")[0] == 200
