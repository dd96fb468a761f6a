"""Tests a variant's model server: starting, asking, killing and stopping it."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local_aws.containers import ContainerFailure, ContainerStopped, ContainerTimeout, ContainerUnavailable
from local_aws.containers.processes import isolation
from unit.containers.conftest import BUCKET, SERVER

FAILED = (
    "The primary container for production variant champion did not pass the ping health check. "
    "Please check CloudWatch logs for this endpoint. "
)


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


def ask(one: Any, body: bytes = b"hello", timeout: float = 20.0) -> dict[str, Any]:
    answer = one.container.invoke(body=body, headers={"Content-Type": "text/csv"}, timeout=timeout)
    assert answer.status == 200
    result: dict[str, Any] = json.loads(answer.body)
    return result


def test_a_started_server_answers_with_the_model_and_the_environment(served):
    one = served(environment={"MINE": "1", "SAGEMAKER_BASE_DIR": "/opt/ml"})
    assert (one.container.healthy, one.container.pid) == (False, None)
    one.container.start(timeout=30)
    assert one.container.healthy
    answer = ask(one)
    assert (answer["body"], answer["type"], answer["model"]) == ("hello", "text/csv", "heavy")
    assert answer["pid"] == one.container.pid
    environment = answer["env"]
    assert environment["MINE"] == "1"
    assert environment["SAGEMAKER_BASE_DIR"] == str(one.workdir / "opt/ml")
    assert environment["AWS_ACCESS_KEY_ID"] == "folders-own"
    until(lambda: bool(one.lines), "a logged line")
    assert one.lines == [f"serving on {environment['SAGEMAKER_BIND_TO_PORT']}"]


def test_status_headers_and_body_come_as_they_are(served):
    one = served()
    one.container.start(timeout=30)
    answer = one.container.invoke(body=b"bad", headers={}, timeout=20)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (400, b"no such thing", "text/plain")
    assert one.container.invoke(body=b"x", headers={}, timeout=20).headers["x-seen"] == "yes"


def test_connections_are_kept_and_threads_do_not_mix(served):
    one = served()
    one.container.start(timeout=30)
    with ThreadPoolExecutor(4) as pool:
        for burst in range(6):
            bodies = [f"slow {burst} {number}".encode() for number in range(4)]
            answers = list(pool.map(lambda body: ask(one, body), bodies))
            assert [answer["body"].encode() for answer in answers] == bodies
            assert max(answer["connections"] for answer in answers) <= 4


def test_a_connection_that_the_server_closed_is_replaced(served):
    one = served()
    one.container.start(timeout=30)
    for _ in range(5):
        assert ask(one, b"close")["body"] == "close"


def test_a_request_that_meets_the_end_of_its_connection_is_sent_again(served):
    one = served()
    one.container.start(timeout=30)
    ask(one)
    assert ask(one, b"drop")["body"] == "drop"


def test_no_answer_in_time(served):
    one = served(stop_grace=0.1)
    one.container.start(timeout=30)
    with pytest.raises(ContainerTimeout, match="did not answer within"):
        one.container.invoke(body=b"sleep", headers={}, timeout=0.3)


def test_a_process_that_ends_fails_at_once_with_its_last_line(served, work):
    one = served("import sys\nprint('loading')\nsys.exit('model.onnx: not an ONNX file')")
    with pytest.raises(ContainerFailure) as failure:
        one.container.start(timeout=600)
    assert failure.value.reason == f"{FAILED}(model.onnx: not an ONNX file; exit code: 1)"
    assert list(work.iterdir()) == []
    with pytest.raises(ContainerUnavailable):
        one.container.invoke(body=b"", headers={}, timeout=1)


def test_a_server_that_is_never_ready(served):
    one = served("import time\nprint('loading', flush=True)\ntime.sleep(600)")
    with pytest.raises(ContainerFailure) as failure:
        one.container.start(timeout=1)
    assert failure.value.reason == f"{FAILED}(loading; GET /ping was not 200 within 1 s)"
    assert one.container.pid is None


def test_a_server_that_dies_is_started_again(served):
    one = served()
    one.container.start(timeout=30)
    first = one.container.pid
    os.kill(first, signal.SIGKILL)
    until(lambda: one.container.pid != first, "the death noticed")
    until(lambda: one.container.healthy, "healthy again")
    assert ask(one)["pid"] == one.container.pid != first
    assert any("exit code: 137" in line for line in one.lines)


def test_a_request_that_kills_the_server_is_answered_as_unavailable(served):
    one = served()
    one.container.start(timeout=30)
    first = one.container.pid
    with pytest.raises(ContainerUnavailable):
        one.container.invoke(body=b"die", headers={}, timeout=20)
    until(lambda: one.container.pid != first, "the death noticed")
    until(lambda: one.container.healthy, "healthy again")
    assert ask(one)["body"] == "hello"


def test_a_server_that_misses_its_pings_is_started_again(served):
    one = served(ping_seconds=0.1)
    one.container.start(timeout=30)
    first, sick = one.container.pid, one.workdir / "opt/ml/sick"
    sick.touch()
    until(lambda: one.container.pid not in (first, None), "another process")
    assert not one.container.healthy
    sick.unlink()
    until(lambda: one.container.healthy, "healthy again")
    assert any("GET /ping was not 200 3 times in a row" in line for line in one.lines)


def test_stop_ends_the_process_and_can_be_repeated(served, work):
    one = served(ping_seconds=60)
    one.container.start(timeout=30)
    pid = one.container.pid
    stopping = threading.Thread(target=one.container.stop, daemon=True)
    stopping.start()
    stopping.join(20)
    assert not stopping.is_alive(), "it is not stopped before its next ping"
    one.container.stop()
    assert not Path(f"/proc/{pid}").exists()
    assert (one.container.healthy, one.container.pid, list(work.iterdir())) == (False, None, [])


def test_stop_kills_a_server_that_does_not_heed_sigterm(served):
    one = served("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVER, stop_grace=0.2)
    one.container.start(timeout=30)
    pid = one.container.pid
    one.container.stop()
    assert not Path(f"/proc/{pid}").exists()


def test_stop_ends_a_start_that_waits(served):
    one = served("import time\ntime.sleep(600)")
    ended: list[Exception] = []

    def start() -> None:
        try:
            one.container.start(timeout=600)
        except ContainerStopped as error:
            ended.append(error)

    waiting = threading.Thread(target=start, daemon=True)
    waiting.start()
    until(lambda: one.container.pid is not None, "a process")
    one.container.stop()
    waiting.join(30)
    assert len(ended) == 1


def test_the_server_outlives_the_thread_that_started_it(served):
    """The kernel ends a child with the thread, not the process, that made it."""
    one = served(ping_seconds=0.1)
    starter = threading.Thread(target=one.container.start, kwargs={"timeout": 30}, daemon=True)
    starter.start()
    starter.join()
    pid = one.container.pid
    time.sleep(0.3)
    assert ask(one)["pid"] == pid


@pytest.mark.parametrize(
    ("key", "body", "sentence"),
    [
        ("missing.tar.gz", None, "Failed to download model data"),
        ("broken.tar.gz", b"x", "Failed to extract model data"),
    ],
)
def test_a_model_that_cannot_be_had(served, s3, key, body, sentence):
    if body is not None:
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    with pytest.raises(ContainerFailure, match=sentence):
        served(model_data_url=f"s3://{BUCKET}/{key}").container.start(timeout=30)


def test_a_model_of_unpacked_files(served, s3):
    s3.put_object(Bucket=BUCKET, Key="unpacked/weights.txt", Body=b"light")
    one = served(model_data_url=f"s3://{BUCKET}/unpacked/")
    one.container.start(timeout=30)
    assert ask(one)["model"] == "light"


def test_an_image_that_is_not_known(served):
    one = served(image="111122223333.dkr.ecr.us-east-1.amazonaws.com/mine:1")
    with pytest.raises(
        ContainerFailure,
        match=r"does not know how to run the image 111122223333.*Inference images that run here: \*/teaching:\*",
    ):
        one.container.start(timeout=30)


ASKS_AS_WELL = SERVER.replace(
    'if body == b"bad":',
    """if body.startswith(b"ask "):
            import socket
            try:
                socket.create_connection(("127.0.0.1", int(body.split()[1])), timeout=5)
                return self.answer(200, b"reached it")
            except OSError as error:
                return self.answer(200, type(error).__name__.encode())
        if body == b"bad":""",
)


def test_an_isolated_server_answers_without_a_way_out_or_credentials(served):
    try:
        isolation.closed()
    except isolation.NotSeparableError as error:
        pytest.skip(str(error))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        one = served(ASKS_AS_WELL, isolated=True)
        one.container.start(timeout=30)
        assert one.container.invoke(body=b"ask %d" % port, headers={}, timeout=20).body == b"PermissionError"
        environment = ask(one)["env"]
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"} & set(environment)


def test_a_machine_that_cannot_isolate_a_server_says_so_in_its_log(served, monkeypatch):
    monkeypatch.setattr(isolation.contained, "landlock_is_there", lambda: False)
    one = served(isolated=True)
    one.container.start(timeout=30)
    assert ask(one)["body"] == "hello"
    assert any("cannot take this container's network away" in line for line in one.lines)
