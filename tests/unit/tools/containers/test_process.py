"""A process is awaited until ready, its failure is explained, and it ends with all its children."""

import os
import sys
from pathlib import Path

import pytest

from tools.common.ports import free_port
from tools.containers import Container, ContainerError
from tools.containers.process import own_environment, start

SERVER = """
import http.server, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"])
class Handler(http.server.BaseHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        self.answer(200)
    def do_POST(self):
        Handler.asked += 1
        print("asked", self.rfile.read(int(self.headers["content-length"])), flush=True)
        self.answer(200 if Handler.asked > 2 else 503)
    def answer(self, status):
        self.send_response(status)
        self.end_headers()
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def run(script: str, work: Path, **more: object) -> Container:
    port = free_port()
    return start([sys.executable, "-c", script, str(port)], environ=os.environ, work=work, port=port, **more)


def test_a_container_is_ready_when_it_answers_and_gone_with_its_children(tmp_path: Path) -> None:
    with run(SERVER, tmp_path, ready_body=b"{}") as container:
        container.wait_ready(30)
        assert container.log.read_text().splitlines() == ["asked b'{}'"] * 3
        processes = container.processes()
        assert len(processes) == 2 and processes[0] == container.process.pid
    assert container.processes() == []
    assert container.process.returncode == -15


def test_one_that_ends_is_explained_by_its_log(tmp_path: Path) -> None:
    more = tmp_path / "more.log"
    more.write_text("said elsewhere\n")
    message = r"the container ended \(1\):\n  output.log: no model here\n.*elsewhere"
    container = run("import sys; sys.exit('no model here')", tmp_path, more_logs=(more, tmp_path / "none.log"))
    with container, pytest.raises(ContainerError, match=message):
        container.wait_ready(30)


def test_one_that_never_answers_is_given_up(tmp_path: Path) -> None:
    script = "import time; print('loading', flush=True); time.sleep(60)"
    with (
        run(script, tmp_path) as container,
        pytest.raises(ContainerError, match=r"not ready in 1 s:\n  output.log: loading"),
    ):
        container.wait_ready(1)


def test_a_container_does_not_inherit_this_ones_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SAGEMAKER_BASE_DIR", "RUBRIC_THREADS", "PYTHONPATH", "VIRTUAL_ENV", "MMS_X", "OTHER"):
        monkeypatch.setenv(name, "theirs")
    environ = own_environment(RUBRIC_THREADS="2")
    assert environ["OTHER"] == "theirs" and environ["RUBRIC_THREADS"] == "2"
    assert not environ.keys() & {"SAGEMAKER_BASE_DIR", "PYTHONPATH", "VIRTUAL_ENV", "MMS_X"}


@pytest.mark.parametrize("folder", ["/bytecode", None])
def test_a_container_finds_its_packages_compiled_or_writes_no_bytecode(
    folder: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    if folder:
        monkeypatch.setenv("PYTHONPYCACHEPREFIX", folder)
    environ = own_environment()
    assert environ.get("PYTHONPYCACHEPREFIX") == folder
    assert environ.get("PYTHONDONTWRITEBYTECODE") == (None if folder else "1")
