"""Starting and stopping in the background, with a stand-in for the server."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from local_aws.command import background
from local_aws.command.errors import CommandError
from local_aws.command.state_folder import StateFolder, write_json

# A stand-in for the server: answers the health check, writes its state when it is asked to stop.
SERVER = """
import http.server, os, pathlib, signal, subprocess, sys
folder = pathlib.Path(os.environ["LOCAL_AWS_FOLDER"])
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
http.server.HTTPServer(("127.0.0.1", int(os.environ["LOCAL_AWS_PORT"])), Handler).serve_forever()
"""


@pytest.fixture
def working(folder: StateFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    """A folder whose server starts."""
    pretend(SERVER, tmp_path, monkeypatch)
    return folder


@pytest.fixture(autouse=True)
def stopped(folder: StateFolder) -> object:
    yield
    background.stop(folder)


def pretend(code: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = place / "server.py"
    script.write_text(code)
    monkeypatch.setattr(background, "COMMAND", (sys.executable, str(script), "local_aws", "serve"))


def record(folder: StateFolder, pid: int) -> None:
    folder.path.mkdir(exist_ok=True)
    write_json(folder.server_file, {"pid": pid, "port": folder.port, "started": time.time()})


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_it_starts_once_and_stops_with_its_children(working: StateFolder) -> None:
    first, _ = background.start(working)
    again, _ = background.start(working)
    assert first.pid == again.pid
    assert background.answers(working)
    child = int((working.path / "child").read_text())
    assert lives(child)
    assert background.stop(working)
    assert not lives(first.pid)
    assert not lives(child)
    assert background.remove_state(working)
    assert not working.path.exists()


def test_the_port_is_remembered(working: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    background.start(working)
    monkeypatch.delenv("LOCAL_AWS_PORT", raising=False)
    assert StateFolder.from_environment(folder=str(working.path)).port == working.port


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_one_line(folder: StateFolder, port: str) -> None:
    with pytest.raises(CommandError, match=f"LOCAL_AWS_PORT is '{port}': it must be a number from 1 to 65535"):
        StateFolder.from_environment(folder=str(folder.path), port=port)


def test_another_port_is_refused_while_it_runs(working: StateFolder) -> None:
    background.start(working)
    moved = StateFolder(working.path, working.port + 1)
    with pytest.raises(CommandError, match=f"is already running on port {working.port}: stop it first") as refused:
        background.start(moved)
    assert (refused.value.code, refused.value.facts) == ("other-port", {"port": moved.port})


def test_a_stale_pid_file_is_no_server(folder: StateFolder) -> None:
    record(folder, dead_pid())
    assert background.find(folder) is None


def test_a_pid_that_is_another_program_by_now_is_no_server_and_is_left_alone(folder: StateFolder) -> None:
    record(folder, os.getpid())
    assert background.find(folder) is None
    assert not background.stop(folder)


def test_a_half_written_pid_file_is_no_server(folder: StateFolder) -> None:
    folder.path.mkdir()
    folder.server_file.write_text('{"pid": 12')
    assert background.find(folder) is None


def test_it_starts_over_a_stale_pid_file(working: StateFolder) -> None:
    record(working, dead_pid())
    assert background.find(working) is None
    assert background.start(working)[0].pid == json.loads(working.server_file.read_text())["pid"]


def test_a_port_in_use_is_named_with_what_to_do(folder: StateFolder) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", folder.port))
        other.listen()
        with pytest.raises(CommandError, match=f"Port {folder.port} is in use by another program: set LOCAL_AWS_PORT"):
            background.start(folder)
    assert not folder.server_file.exists()


def test_too_little_disk_is_one_line(folder: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 100 * 1024**2})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(CommandError, match=r"0\.1 GB are free.*needs 2 GB"):
        background.start(folder)


def test_a_server_that_dies_at_start_shows_its_last_words(
    folder: StateFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend("print('first'); print('local-aws: the name moved'); raise SystemExit(1)", tmp_path, monkeypatch)
    with pytest.raises(CommandError, match="the name moved"):
        background.start(folder)


def test_state_saved_at_a_stop_is_kept(working: StateFolder) -> None:
    first, _ = background.start(working)
    background._end([psutil.Process(first.pid)], patience=5)
    _, lost = background.start(working)
    assert (working.path / "state" / "s3.json").exists()
    assert not lost


def test_one_that_is_about_to_end_is_waited_for_and_started_again(working: StateFolder) -> None:
    # Not ours to stop, and it never answers: as a server that is saving its state.
    ending = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1)", "local_aws", "serve"])
    record(working, ending.pid)
    reaper = threading.Thread(target=ending.wait, daemon=True)
    reaper.start()
    server, _ = background.start(working)
    reaper.join()
    assert server.pid != ending.pid
    assert background.answers(working)


def test_a_killed_server_starts_afresh_and_says_so(working: StateFolder) -> None:
    first, _ = background.start(working)
    (working.path / "s3" / "object").write_text("half")
    os.kill(first.pid, 9)
    while lives(first.pid):
        time.sleep(0.02)
    _, lost = background.start(working)
    assert lost
    assert not (working.path / "s3" / "object").exists()


def test_a_folder_that_is_not_ours_is_not_removed(folder: StateFolder) -> None:
    folder.path.mkdir()
    (folder.path / "thesis.txt").write_text("mine")
    with pytest.raises(CommandError, match="not removed"):
        background.remove_state(folder)
    assert (folder.path / "thesis.txt").exists()
