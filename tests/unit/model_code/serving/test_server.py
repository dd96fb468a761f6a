"""The lean server over real HTTP, on a small trained model."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from model_code.serving.classifier import Classifier
from model_code.serving.lean.application import Application
from model_code.serving.settings import Settings
from tests.unit.model_code.conftest import Job
from tools.containers.lean import start_lean
from tools.containers.process import Container as Server

Start = Callable[..., Server]

# One for all, as each costs 30 ms; without kept connections, which would tie a test to the one before it.
CLIENT = httpx.Client(timeout=60, limits=httpx.Limits(max_keepalive_connections=0))

TEXTS = ["Fed keeps interest rates unchanged", "x", "Flu vaccine trial begins " * 20, "Füm 東京 🎬 – «ünïcode»"]


def post(server: Server, body: object, content_type: str = "application/json") -> httpx.Response:
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return CLIENT.post(f"{server.url}/invocations", content=data, headers={"content-type": content_type})


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def log_of(server: Server) -> list[dict[str, Any]]:
    lines = server.log.read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def metric(server: Server, name: str) -> float:
    match = re.search(rf"^{re.escape(name)} (\S+)$", CLIENT.get(f"{server.url}/metrics").text, re.MULTILINE)
    return float(match[1]) if match else 0.0


@pytest.fixture(scope="module")
def server(trained: Job) -> Iterator[Server]:
    """One server with the defaults for every test that only asks it."""
    with start_lean(trained.model) as started:
        started.wait_ready()
        yield started


@pytest.fixture
def start_server() -> Iterator[Start]:
    """Starts a server with the test's own settings, and stops it."""
    with ExitStack() as stack:

        def start(model: Path, **environ: str) -> Server:
            return stack.enter_context(start_lean(model, environ=environ))

        yield start


def test_it_answers_every_form(trained: Job, server: Server) -> None:
    classifier = Classifier(trained.model)
    one = post(server, {"inputs": TEXTS[0]}).json()
    assert one["labels"] == list(classifier.labels)
    assert one["probabilities"][0] == pytest.approx(classifier.predict(TEXTS[:1])[0].tolist(), abs=1e-6)
    assert one["predicted_label"] == one["labels"][int(np.argmax(one["probabilities"][0]))]
    assert one["model_version"] == "rubric-test-1"
    assert one["measures"] == classifier.measure(classifier.encode(TEXTS[:1]))[0]
    lines = post(server, '{"inputs": "a"}\n{"inputs": 1}\n', "application/jsonlines")
    assert lines.headers["content-type"] == "application/jsonlines"
    assert ["error" in json.loads(line) for line in lines.text.splitlines()] == [False, True]
    only_bad = post(server, "{}\n{}\n", "application/jsonlines")
    assert (only_bad.status_code, only_bad.text.count("missing_inputs")) == (200, 2)
    assert len(post(server, "one text\nanother, with comma\n", "text/csv").text.splitlines()) == 2
    assert code(post(server, "{broken")) == (400, "invalid_json")
    assert code(post(server, "x", "image/png")) == (415, "unsupported_media_type")
    assert code(CLIENT.get(f"{server.url}/invocations")) == (405, "method_not_allowed")
    assert code(CLIENT.get(f"{server.url}/elsewhere")) == (404, "not_found")
    parameters = CLIENT.get(f"{server.url}/execution-parameters").json()
    assert parameters == {"MaxConcurrentTransforms": 2, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}


@pytest.mark.parametrize("number", [np.nan, np.inf, 0.5])
def test_an_answer_that_is_not_finite_is_a_500(trained: Job, monkeypatch: pytest.MonkeyPatch, number: float) -> None:
    """With a model whose warm-up was right."""
    sent: list[dict[str, Any]] = []
    real, loaded = Classifier.predict_encodings, threading.Event()

    def predict(self: Classifier, encodings: Any) -> np.ndarray:
        rows = real(self, encodings)
        return np.full_like(rows, number) if loaded.is_set() else rows

    monkeypatch.setattr(Classifier, "predict_encodings", predict)

    async def scenario() -> None:
        application = Application(Settings(model=trained.model, access_log=False))
        application.load()
        loaded.set()
        messages = [{"type": "http.request", "body": b'{"inputs": "a"}', "more_body": False}]

        async def receive() -> dict[str, Any]:
            if not messages:
                await asyncio.Event().wait()
            return messages.pop()

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": []}
        await application(scope, receive, send)
        await asyncio.to_thread(application.close)

    asyncio.run(scenario())
    assert sent[0]["status"] == 500
    assert json.loads(sent[1]["body"])["error"]["code"] == "internal_error"


def test_a_list_of_several_portions_keeps_its_order(server: Server) -> None:
    """They are queued 256 at a time and computed by length: each answer must still be its own."""
    kinds = ["Fed keeps interest rates unchanged", "Actress stuns at Oscars " * 3, "NASA finds water on Mars " * 6]
    alone = [post(server, {"inputs": kind}).json() for kind in kinds]
    assert len({each["predicted_label"] for each in alone}) > 1
    which = [int(kind) for kind in np.random.default_rng(2).integers(0, 3, 3000)]
    many = post(server, {"inputs": [kinds[kind] for kind in which]}).json()["predictions"]
    for name in ("predicted_label", "measures"):
        assert [each[name] for each in many] == [alone[kind][name] for kind in which]


def test_concurrent_requests_share_runs(server: Server) -> None:
    """Alone, each of 64 requests would be divided among two cores: 128 runs.

    Where the test's own client gets too little of a busy machine, few requests are there at the same time: thrice.
    """
    rounds = []
    for _ in range(3):
        before = metric(server, "rubric_run_texts_count"), metric(server, "rubric_texts_total")
        with ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda number: post(server, {"inputs": [f"text {number}"] * 20}), range(64)))
        assert {answer.status_code for answer in answers} == {200}
        assert metric(server, "rubric_texts_total") - before[1] == 64 * 20
        rounds.append(metric(server, "rubric_run_texts_count") - before[0])
        if rounds[-1] < 100:
            break
    assert min(rounds) < 100


def test_each_request_is_one_line_of_the_access_log_and_counted(server: Server) -> None:
    CLIENT.get(f"{server.url}/from-here-on")
    refused = metric(server, 'rubric_requests_total{path="/invocations",status="400"}')
    post(server, {"inputs": ["one text", "and another"]})
    post(server, {"inputs": "", "secret": "who knows"})
    CLIENT.get(f"{server.url}/until-here?key=secret")
    deadline = time.monotonic() + 20
    while (lines := log_of(server))[-1]["path"] != "/until-here":
        assert time.monotonic() < deadline, lines
        time.sleep(0.02)
    lines = lines[[line["path"] for line in lines].index("/from-here-on") + 1 :]
    good, bad, other = lines
    assert set(good) == {"time", "method", "path", "status", "ms", "texts", "tokens", "batch", "wait_ms"}
    assert (good["method"], good["path"], good["status"], good["texts"], good["batch"]) == (
        "POST", "/invocations", 200, 2, 2,
    )  # fmt: skip
    assert good["tokens"] > 4
    assert good["ms"] > good["wait_ms"] > 0
    assert (bad["status"], bad["code"], bad["texts"]) == (400, "invalid_inputs", 0)
    assert (other["path"], other["status"]) == ("/until-here", 404)
    assert "secret" not in str(lines)
    assert metric(server, 'rubric_requests_total{path="/invocations",status="400"}') == refused + 1
    assert metric(server, 'rubric_requests_total{path="other",status="404"}') > 0
    assert metric(server, "rubric_waiting_texts") == 0
    assert metric(server, "process_resident_memory_bytes") > 1e6


def test_a_caller_that_hangs_up_leaves_the_queue(server: Server) -> None:
    before = metric(server, "rubric_texts_total")
    body = json.dumps({"inputs": ["Flu vaccine trial begins with volunteers in the city"] * 60_000}).encode()
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as caller:
        head = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        caller.sendall(head.encode() + body)
        while metric(server, "rubric_texts_total") == before:
            time.sleep(0.01)
    gone = 'rubric_requests_total{path="/invocations",status="499"}'
    deadline = time.monotonic() + 30
    while not metric(server, gone):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert post(server, {"inputs": "next"}).status_code == 200
    assert metric(server, "rubric_texts_total") - before < 60_000
    assert metric(server, "rubric_waiting_texts") == 0


def test_sigterm_loses_no_request(trained: Job, start_server: Start) -> None:
    """Clients with kept-alive connections ask on and on: each answer is whole, until the server listens no more."""
    server = start_server(trained.model)
    server.wait_ready()
    stop = threading.Event()
    answered: list[int] = []

    def ask() -> list[str]:
        lost: list[str] = []
        with httpx.Client(timeout=60) as client:
            while not stop.is_set():
                try:
                    answer = client.post(f"{server.url}/invocations", json={"inputs": ["a headline of the day"] * 20})
                    answered.append(answer.status_code)
                except httpx.ConnectError:
                    break  # it listens no more
                except httpx.TransportError as error:
                    lost.append(repr(error))
                time.sleep(0.01)
        return lost

    with ThreadPoolExecutor(9) as pool:
        asking = [pool.submit(ask) for _ in range(8)]
        while len(answered) < 50:
            time.sleep(0.01)
        large = pool.submit(post, server, {"inputs": ["a rather long headline about nothing at all"] * 4000})
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        before = len(answered)
        ping = CLIENT.get(f"{server.url}/ping")
        assert (code(ping), ping.headers["connection"]) == ((503, "draining"), "close")
        time.sleep(0.3)
        assert len(answered) > before  # later requests are still answered
        stop.set()
        assert [lost for each in asking for lost in each.result()] == []
        assert len(large.result().json()["predictions"]) == 4000
    assert set(answered) == {200}
    assert server.process.wait(timeout=30) == 0
    assert sum(line["path"] == "/invocations" for line in log_of(server)) == len(answered) + 1


def test_requests_cut_off_after_the_grace_period_get_a_503(trained: Job) -> None:
    """uvicorn cancels requests that have not ended by then, and would answer a bare 500 itself."""
    body = json.dumps({"inputs": ["a rather long headline about nothing at all"] * 50_000}).encode()
    sent: list[dict[str, Any]] = []

    async def scenario() -> None:
        application = Application(Settings(model=trained.model, access_log=False))
        application.load()
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if not messages:
                await asyncio.Event().wait()
            return messages.pop()

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": []}
        request = asyncio.create_task(application(scope, receive, send))
        while not application.in_progress:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        application.drain()
        request.cancel()
        await request
        await asyncio.to_thread(application.close)

    asyncio.run(scenario())
    assert sent[0]["status"] == 503
    assert dict(sent[0]["headers"])[b"connection"] == b"close"
    assert json.loads(sent[1]["body"])["error"]["code"] == "stopping"


def test_a_full_queue_and_a_late_request_are_503_with_retry_after(trained: Job, start_server: Start) -> None:
    server = start_server(
        trained.model, RUBRIC_MAX_WAITING_TEXTS="1500", RUBRIC_REQUEST_SECONDS="0.05", RUBRIC_MAX_BATCH_TOKENS="64",
        RUBRIC_THREADS="1",
    )  # fmt: skip
    server.wait_ready()
    with ThreadPoolExecutor(32) as pool:
        responses = list(pool.map(lambda _: post(server, {"inputs": ["text of a headline"] * 400}), range(64)))
    refused = [response for response in responses if response.status_code != 200]
    assert {response.status_code for response in refused} == {503}
    assert {response.headers["retry-after"] for response in refused} == {"1"}
    assert {code(response)[1] for response in refused} <= {"overloaded", "deadline"}
    assert "overloaded" in {code(response)[1] for response in refused}
    assert CLIENT.get(f"{server.url}/ping").status_code == 200
    assert post(server, {"inputs": "afterwards"}).status_code == 200


def test_too_large_a_body_is_413_and_a_slow_one_408(trained: Job, start_server: Start) -> None:
    server = start_server(trained.model, RUBRIC_MAX_BODY_BYTES="1000", RUBRIC_REQUEST_SECONDS="0.3")
    server.wait_ready()
    assert code(post(server, {"inputs": "x" * 2000})) == (413, "too_large")
    chunked = CLIENT.post(f"{server.url}/invocations", content=(b"x" * 400 for _ in range(4)))
    assert code(chunked) == (413, "too_large")
    assert code(post(server, "\n" * 500, "text/csv")) == (413, "too_large")  # each would be answered by a line
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as slow:
        slow.sendall(b'POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{"inputs')
        assert slow.recv(100).startswith(b"HTTP/1.1 408 ")
    assert post(server, {"inputs": "x"}).status_code == 200


def test_without_a_usable_model_it_ends_with_the_reason(tmp_path: Path, start_server: Start) -> None:
    (tmp_path / "empty").mkdir()
    server = start_server(tmp_path / "empty")
    assert server.process.wait(timeout=60) == 1
    assert "is not a model artifact" in server.log.read_text()


def test_a_wrong_setting_ends_it_with_the_reason(trained: Job, start_server: Start) -> None:
    server = start_server(trained.model, RUBRIC_THREADS="many")
    assert server.process.wait(timeout=60) == 2
    assert "RUBRIC_THREADS is 'many': set it to a whole number from 0 up" in server.log.read_text()


def test_kill_ends_only_what_was_in_flight(trained: Job, start_server: Start) -> None:
    """The server has no state to lose: started again on the same port it answers as before."""
    first = start_server(trained.model)
    first.wait_ready()
    before = post(first, {"inputs": TEXTS}).json()
    with ThreadPoolExecutor(1) as pool:
        in_flight = pool.submit(post, first, {"inputs": ["a rather long headline about nothing at all"] * 50_000})
        time.sleep(0.3)
        os.kill(first.process.pid, signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            in_flight.result()
    port = first.url.rsplit(":", 1)[1]
    again = start_server(trained.model, SAGEMAKER_BIND_TO_PORT=port)
    again.url = first.url
    again.wait_ready()
    assert post(again, {"inputs": TEXTS}).json() == before
