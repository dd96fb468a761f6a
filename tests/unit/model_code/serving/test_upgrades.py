"""A request that offers HTTP/2 or another protocol is answered as any other, however its bytes arrive."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_code.serving.lean.upgrades import RequestParser
from tests.unit.model_code.conftest import Job
from tools.containers.lean import start_lean
from tools.containers.process import Container

OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAA\r\n"
HEAD = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
LONG = json.dumps({"inputs": ["Fed raises rates " * 40] * 40}).encode()


def announced(body: bytes, offer: bytes = OFFER) -> bytes:
    return HEAD + offer + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(body: bytes) -> bytes:
    parts = b"".join(b"%x\r\n%s\r\n" % (len(body[n : n + 1000]), body[n : n + 1000]) for n in range(0, len(body), 1000))
    return HEAD + OFFER + b"Transfer-Encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n"


class Protocol:
    """Writes down what the parser hands on."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, bytes]] = []
        self.headers: list[tuple[bytes, bytes]] = []

    def on_message_begin(self) -> None:
        self.headers = []

    def on_url(self, url: bytes) -> None:
        self.seen.append(("url", url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.seen.append(("headers", b" ".join(name for name, _ in self.headers)))

    def on_body(self, body: bytes) -> None:
        self.seen.append(("body", body))

    def on_message_complete(self) -> None:
        self.seen.append(("end", b""))

    def messages(self) -> list[list[tuple[str, bytes]]]:
        """For each message its parts, with those of a kind that follow each other joined."""
        result: list[list[tuple[str, bytes]]] = [[]]
        for kind, part in self.seen:
            follows = bool(result[-1]) and result[-1][-1][0] == kind
            result[-1].append((kind, result[-1].pop()[1] + part if follows else part))
            if kind == "end":
                result.append([])
        assert result.pop() == []
        return result


REQUESTS = {
    "announced": announced(b'{"inputs": "a"}'),
    "chunked": chunked(LONG),
    "without a body": b"GET /ping HTTP/1.1\r\nHost: x\r\n" + OFFER + b"\r\n",
    "another protocol": announced(b"{}", b"Connection: upgrade\r\nUpgrade: websocket\r\n"),
    "several at once": announced(b'{"inputs": "a"}') + announced(b'{"inputs": "b"}', b"") + chunked(b'{"inputs": "c"}'),
}


@pytest.mark.parametrize("wire", REQUESTS.values(), ids=REQUESTS)
def test_the_parser_hands_on_the_same_with_and_without_an_offer_at_any_cut(wire: bytes) -> None:
    plain = Protocol()
    RequestParser(plain).feed_data(wire.replace(b"Upgrade: ", b"Declined: "))
    expected = [
        [(kind, part.replace(b"declined", b"upgrade")) for kind, part in each] for each in plain.messages()
    ]  # fmt: skip
    for cut in [*range(min(len(wire), 500)), len(wire) - 1]:
        offered = Protocol()
        parser = RequestParser(offered)
        parser.feed_data(wire[:cut])
        parser.feed_data(wire[cut:])
        assert offered.messages() == expected
        assert parser.should_keep_alive()


@pytest.fixture(scope="module")
def server(trained: Job) -> Iterator[Container]:
    with start_lean(trained.model) as started:
        started.wait_ready()
        yield started


OFFERED = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAAAAIAAAAA"}


def test_the_server_keeps_body_and_connection_and_says_nothing(server: Container) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    connection.connect()
    kept = connection.sock
    for body, offer in ((b'{"inputs": "a"}', OFFERED), (LONG, OFFERED), (LONG, {}), (b'{"inputs": "b"}', OFFERED)):
        connection.request("POST", "/invocations", body, {"content-type": "application/json", **offer})
        response = connection.getresponse()
        answer = json.loads(response.read())
        assert response.status == 200, answer
        assert len(answer.get("predictions", [answer])) == (40 if body is LONG else 1)
        assert connection.sock is kept
    connection.request("POST", "/invocations", b"{broken", {"content-type": "application/json", **OFFERED})
    assert json.loads(connection.getresponse().read())["error"]["code"] == "invalid_json"
    connection.close()
    assert "upgrade" not in server.log.read_text().lower()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl_offers_http2(server: Container, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(LONG)
    command = [
        "curl",
        "--silent",
        "--show-error",
        "--http2",
        "--write-out",
        "%{http_code} %{http_version} %{num_connects}\n",
    ]
    each = ["--output", str(tmp_path / "answer"), "--data-binary", f"@{tmp_path / 'body'}"]
    each += ["--header", "content-type: application/json", f"{server.url}/invocations"]
    run = subprocess.run(
        [*command, *each, "--next", *command[1:], *each], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.stdout.splitlines() == ["200 1.1 1", "200 1.1 0"], run.stderr
    assert len(json.loads((tmp_path / "answer").read_bytes())["predictions"]) == 40
