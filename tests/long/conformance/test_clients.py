"""Both containers answer each client library alike: over one connection, with long bodies, and offers of HTTP/2."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.long.conformance.cases import HEADLINES, Case, inputs
from tests.long.conformance.test_conformance import ask, differences
from tools.containers import Container
from tools.containers.huggingface import java_home

CLIENTS = Path(__file__).with_name("clients")
BODIES = [inputs(HEADLINES[0]), inputs([f"{HEADLINES[n % 4]} {n} " * 60 for n in range(64)]), inputs(HEADLINES)]


def curl(url: str, files: list[str]) -> list[str]:
    each = ["--data-binary", "@{}", "--header", "content-type: application/json", "--http2", "--silent", url]
    each += ["--write-out", "\\n%{stderr}%{http_code}\\n"]
    words: list[str] = []
    for file in files:
        words += [
            *(["--next"] if words else []),
            *(word.replace("{}", file) if word == "@{}" else word for word in each),
        ]
    return ["curl", *words]


COMMANDS: dict[str, Callable[[str, list[str]], list[str]]] = {
    "java": lambda url, files: [str(java_home() / "bin/java"), "-cp", str(CLIENTS), "Ask", url, *files],
    "node": lambda url, files: [str(Path(sys.prefix) / "bin/node"), str(CLIENTS / "ask.mjs"), url, *files],
    **{
        name: lambda url, files, name=name: [sys.executable, str(CLIENTS / "ask.py"), name, url, *files]  # type: ignore[misc]
        for name in ("urllib3", "requests", "httpx")
    },
}
OFFERS = ("curl", "java")  # these two offer HTTP/2


@dataclass
class Wire:
    """What passes between a client and a container: a port, the connections made to it, and what clients sent."""

    port: int
    connections: int = 0
    sent: list[bytes] = field(default_factory=list)


@contextmanager
def between(container: Container) -> Iterator[Wire]:
    """A port that leads to the container."""
    host, port = container.url.removeprefix("http://").split(":")
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        wire = Wire(listening.getsockname()[1])

        def carry(source: socket.socket, target: socket.socket, seen: Callable[[bytes], Any]) -> None:
            with suppress(OSError):  # a client may end with a reset
                while data := source.recv(65536):
                    seen(data)
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)

        def accept() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                wire.connections += 1
                server = socket.create_connection((host, int(port)))
                for ends in ((client, server, wire.sent.append), (server, client, len)):
                    threading.Thread(target=carry, args=ends, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield wire


@pytest.mark.parametrize("client", [*COMMANDS, "curl"])
def test_a_client_library_keeps_its_connection_and_gets_its_answers(
    container: Container, client: str, tmp_path: Path
) -> None:
    files = [str(tmp_path / f"{n}.json") for n in range(len(BODIES))]
    for file, body in zip(files, BODIES, strict=True):
        Path(file).write_bytes(body)
    if client == "curl" and shutil.which("curl") is None:
        pytest.skip("there is no curl")
    with between(container) as wire:
        command = (curl if client == "curl" else COMMANDS[client])(f"http://127.0.0.1:{wire.port}/invocations", files)
        run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    if client == "curl":
        lines = [f"{status}\t{answer}" for status, answer in zip(run.stderr.splitlines(), lines, strict=True)]
    assert [line.partition("\t")[0] for line in lines] == ["200"] * len(BODIES)
    for line, body in zip(lines, BODIES, strict=True):
        assert differences(json.loads(line.partition("\t")[2]), ask(container, Case("", body)).json()) == []
    assert (b"upgrade: h2c" in b"".join(wire.sent).lower()) == (client in OFFERS)
    assert wire.connections == 1


def test_the_java_class_is_made_of_the_source_beside_it() -> None:
    """Made by `javac --release 17 -g:none Ask.java && sha256sum Ask.java Ask.class > SHA256SUMS`."""
    for line in (CLIENTS / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((CLIENTS / name).read_bytes()).hexdigest() == digest
