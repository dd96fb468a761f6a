import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from local.errors import CliError
from local.workspace import Workspace
from local_aws.command import processes, server_process

# A stand-in for the server: answers the health check, writes its state when it is asked to stop.
SERVER = """
import http.server, os, pathlib, signal, subprocess, sys
folder = pathlib.Path(os.environ["RUBRIC_LOCAL_DIR"])
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
(folder / "child").write_text(str(child.pid))
(folder / "s3").mkdir(exist_ok=True)
def stop(*_):
    (folder / "state").mkdir(exist_ok=True)
    (folder / "state" / "s3.json").write_text("{}")
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["GATEWAY_PORT"])), Handler).serve_forever()
"""


def quiet(_: str) -> None:
    """Say nothing."""


@pytest.fixture
def working(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A workspace whose server starts."""
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    workspace.server_python.write_text(
        f'#!/bin/sh\nif [ "$1" = -c ]; then echo 0; exit 0; fi\nexec {sys.executable} {script} "$@"\n'
    )
    return workspace


@pytest.fixture(autouse=True)
def stopped(workspace: Workspace) -> object:
    yield
    server_process.stop(workspace)


def record(workspace: Workspace, pid: int) -> None:
    workspace.write_json(workspace.server_file, {"pid": pid, "port": workspace.port, "started": time.time()})


def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_it_starts_once_and_stops_with_its_children(working: Workspace) -> None:
    first = server_process.start(working, say=quiet)
    again = server_process.start(working, say=quiet)
    assert first.pid == again.pid
    assert server_process.healthy(working)
    child = int((working.folder / "child").read_text())
    assert processes.find(child)
    assert server_process.stop(working)
    assert processes.find(first.pid) is None
    assert processes.find(child) is None
    server_process.remove_state(working)
    assert not working.folder.exists()


def test_the_port_is_remembered(working: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    server_process.start(working, say=quiet)
    monkeypatch.setenv("RUBRIC_LOCAL_DIR", str(working.folder))
    monkeypatch.delenv("RUBRIC_LOCAL_PORT", raising=False)
    assert Workspace.from_environment().port == working.port


def test_another_port_is_refused_while_it_runs(working: Workspace) -> None:
    server_process.start(working, say=quiet)
    moved = Workspace(root=working.root, folder=working.folder, port=working.port + 1, environment="local")
    with pytest.raises(CliError, match=f"already runs on port {working.port}.*local-down"):
        server_process.start(moved, say=quiet)


def test_a_stale_pid_file_is_no_server(workspace: Workspace) -> None:
    record(workspace, dead_pid())
    assert server_process.find(workspace) is None


def test_a_pid_that_is_another_program_by_now_is_no_server_and_is_left_alone(workspace: Workspace) -> None:
    record(workspace, os.getpid())
    assert server_process.find(workspace) is None
    assert not server_process.stop(workspace)


def test_a_half_written_pid_file_is_no_server(workspace: Workspace) -> None:
    workspace.folder.mkdir()
    workspace.server_file.write_text('{"pid": 12')
    assert server_process.find(workspace) is None


def test_it_starts_over_a_stale_pid_file(working: Workspace) -> None:
    record(working, dead_pid())
    assert server_process.find(working) is None
    assert server_process.start(working, say=quiet).pid == json.loads(working.server_file.read_text())["pid"]


def test_a_port_in_use_is_named_with_the_way_out(workspace: Workspace) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", workspace.port))
        other.listen()
        with pytest.raises(CliError, match=rf"Port {workspace.port} .*PORT={workspace.port + 1}"):
            server_process.start(workspace, say=quiet)
    assert not workspace.server_file.exists()


def test_too_little_disk_is_one_line(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 100 * 1024**2})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(CliError, match=r"0\.1 GB are free"):
        server_process.start(workspace, say=quiet)


def test_a_missing_python_names_make_setup(workspace: Workspace) -> None:
    workspace.server_python.unlink()
    with pytest.raises(CliError, match="make setup"):
        server_process.start(workspace, say=quiet)


def test_a_server_that_dies_at_start_shows_its_last_words(workspace: Workspace) -> None:
    workspace.server_python.write_text("#!/bin/sh\necho first\necho 'local-aws: the seam moved'\nexit 1\n")
    with pytest.raises(CliError, match="the seam moved"):
        server_process.start(workspace, say=quiet)


def test_state_saved_at_a_stop_is_kept(working: Workspace) -> None:
    server = server_process.start(working, say=quiet)
    process = processes.find(server.pid)
    assert process
    processes.stop([process], patience=5)
    said: list[str] = []
    server_process.start(working, say=said.append)
    assert (working.folder / "state" / "s3.json").exists()
    assert said == []


def test_one_that_is_about_to_end_is_waited_for_and_started_again(working: Workspace) -> None:
    # Not ours to stop, and it never answers: as a server that is saving its state.
    ending = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1)", "-m", "local_aws.server"])
    record(working, ending.pid)
    reaper = threading.Thread(target=ending.wait)
    reaper.start()
    server = server_process.start(working, say=quiet)
    reaper.join()
    assert server.pid != ending.pid
    assert server_process.healthy(working)


def test_a_killed_server_starts_afresh_and_says_so(working: Workspace) -> None:
    server = server_process.start(working, say=quiet)
    (working.folder / "s3" / "object").write_text("half")
    os.kill(server.pid, 9)
    while processes.find(server.pid):
        time.sleep(0.02)
    said: list[str] = []
    server_process.start(working, say=said.append)
    assert not (working.folder / "s3" / "object").exists()
    assert "afresh" in said[0]


def test_a_folder_that_is_not_ours_is_not_removed(workspace: Workspace) -> None:
    workspace.folder.mkdir()
    (workspace.folder / "thesis.txt").write_text("mine")
    with pytest.raises(CliError, match="not removed"):
        server_process.remove_state(workspace)
    assert (workspace.folder / "thesis.txt").exists()
