"""Tests containers without a network, by whether they reach a server on this machine."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.containers.processes import contained, isolation

ASKS = """
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5).close()
    print("reached it")
except OSError as error:
    print(type(error).__name__)
"""
ANSWERS_ITSELF = """
import socket, threading
server = socket.create_server(("127.0.0.2", 0))
threading.Thread(target=server.accept, daemon=True).start()
socket.create_connection(server.getsockname(), timeout=5)
print("reached it")
"""
ANSWERS = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
client, _ = server.accept()
client.sendall(b"hello")
"""


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server that takes every connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]


@pytest.fixture
def own_network() -> Iterator[isolation.OwnNetwork]:
    try:
        network = isolation.OwnNetwork()
    except isolation.NotSeparableError as error:
        pytest.skip(f"no network of its own for a process here: {error}")
    with network:
        yield network


@pytest.fixture
def closed() -> str:
    try:
        return isolation.closed()
    except isolation.NotSeparableError as error:
        pytest.skip(str(error))


def command(network: str, script: str, *arguments: object) -> list[str]:
    words = [sys.executable, "-I", "-S", contained.__file__, str(os.getpid()), network]
    return [*words, sys.executable, "-c", script, *map(str, arguments)]


def said(network: str, script: str, *arguments: object) -> str:
    done = subprocess.run(command(network, script, *arguments), capture_output=True, text=True, check=False, timeout=60)
    return (done.stdout + done.stderr).strip()


def test_a_container_with_the_machines_network_reaches_a_server(port: int) -> None:
    assert said(isolation.SHARED, ASKS, port) == "reached it"


def test_a_training_container_without_a_network_reaches_none(own_network: isolation.OwnNetwork, port: int) -> None:
    assert said(own_network.word, ASKS, port) == "ConnectionRefusedError"


def test_the_hosts_of_a_job_reach_each_other(own_network: isolation.OwnNetwork) -> None:
    assert said(own_network.word, ANSWERS_ITSELF) == "reached it"
    listener = subprocess.Popen(command(own_network.word, ANSWERS, 5000), stdout=subprocess.PIPE, text=True)
    assert listener.stdout is not None and listener.stdout.readline().strip() == "listening"
    assert said(own_network.word, ASKS, 5000) == "reached it"
    assert listener.wait(timeout=60) == 0


def test_a_server_without_a_network_answers_and_asks_nobody(closed: str, port: int) -> None:
    assert said(closed, ASKS, port) == "PermissionError"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        own = free.getsockname()[1]
    listener = subprocess.Popen(command(closed, ANSWERS, own), stdout=subprocess.PIPE, text=True)
    assert listener.stdout is not None and listener.stdout.readline().strip() == "listening"
    with socket.create_connection(("127.0.0.1", own), timeout=5) as client:
        assert client.recv(5) == b"hello"
    assert listener.wait(timeout=60) == 0


def test_one_port_can_stay_open(closed: str, port: int) -> None:
    assert said(isolation.closed(to_ports=[port]), ASKS, port) == "reached it"
    assert said(isolation.closed(to_ports=[1]), ASKS, port) == "PermissionError"


def test_a_network_that_has_gone_stops_the_container(own_network: isolation.OwnNetwork) -> None:
    own_network.close()
    assert said(own_network.word, ASKS, 1).startswith("the container's network could not be taken away: ")


def test_a_machine_that_allows_no_network_of_its_own_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refusing = tmp_path / "refuses.py"
    refusing.write_text("print('unshare: Operation not permitted')")
    monkeypatch.setattr(isolation.namespace, "__file__", str(refusing))
    with pytest.raises(isolation.NotSeparableError, match="Operation not permitted") as refused:
        isolation.OwnNetwork()
    assert "runs with one, unlike on AWS" in isolation.not_separated(refused.value)
