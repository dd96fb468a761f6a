"""Start the local AWS in the background, and stop it along with every process it started."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from local_aws import access_key
from local_aws.command import state_folder, variables
from local_aws.command.errors import CommandError
from local_aws.command.state_folder import FOLDER, PORT, StateFolder, read_json, write_json

COMMAND = (sys.executable, "-m", "local_aws", "serve")
_NEEDED_BYTES = 2 * 1024**3
_START_SECONDS = 90.0
# The server owns these parts of the state folder.
_SERVER_STATE = ("state", "s3", "sagemaker", "tmp")


@dataclass(frozen=True)
class Server:
    """The running local AWS. started: epoch seconds."""

    pid: int
    port: int
    started: float


def find(folder: StateFolder) -> Server | None:
    """Return this state folder's local AWS, or None if its process is not alive; ignores a stale process ID file."""
    record = read_json(folder.server_file)
    try:
        server = Server(pid=int(record["pid"]), port=int(record["port"]), started=float(record["started"]))
    except (KeyError, TypeError, ValueError):
        return None
    return server if _process(server.pid) else None


def answers(folder: StateFolder) -> bool:
    """Whether a local AWS answers on the folder's port."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{folder.endpoint_url}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def start(folder: StateFolder) -> tuple[Server, bool]:
    """Start the local AWS if it is not running. Returns it and whether its state was lost. Raises CommandError."""
    folder.make_private()
    running = find(folder)
    if running:
        if running.port != folder.port:
            raise CommandError(
                "other-port",
                f"The local AWS is already running on port {running.port}",
                f"stop it first to move it to {folder.port}.",
                port=folder.port,
            )
        # If a server is already stopping, start a new one.
        if _comes_up(folder, running.pid, None):
            return running, False
    _check_can_start(folder)
    lost = _ended_without_saving(folder)
    if lost:
        clear_state(folder)
    write_json(folder.config_file, {"port": folder.port})
    return _launch(folder), lost


def stop(folder: StateFolder) -> bool:
    """Stop the local AWS and every process it started. Returns whether there was anything to stop."""
    running = find(folder)
    process = _process(running.pid) if running else None
    if process:
        children = _children(process)
        # Stop the server first: it saves its state and ends its children in order.
        _end([process], patience=30)
        _end(children, patience=5)
    return _end_orphans(folder) or running is not None


def remove_state(folder: StateFolder) -> bool:
    """Delete the state folder. Returns whether it existed. Raises CommandError if no local AWS created it."""
    if not folder.path.exists():
        return False
    names = {path.name for path in folder.path.iterdir()}
    if names and not names.intersection((folder.config_file.name, access_key.FILE)):
        raise CommandError(
            "not-ours", f"{folder.path} has no config.json, so it is not a local AWS's folder", "not removed."
        )
    shutil.rmtree(folder.path)
    return True


def clear_state(folder: StateFolder) -> None:
    """Delete the stopped server's data, so it starts as an empty account."""
    for name in _SERVER_STATE:
        shutil.rmtree(folder.path / name, ignore_errors=True)


def _check_can_start(folder: StateFolder) -> None:
    free = shutil.disk_usage(folder.path).free
    if free < _NEEDED_BYTES:
        raise CommandError(
            "disk-full",
            f"Only {free / 1024**3:.1f} GB are free for {folder.path}",
            f"the local AWS needs {_NEEDED_BYTES / 1024**3:.0f} GB. Free some, or set {FOLDER} to a folder on another "
            "disk.",
            needed=_NEEDED_BYTES,
        )
    if _port_taken(folder.port):
        who = "another local AWS" if answers(folder) else "another program"
        raise CommandError(
            "port-taken", f"Port {folder.port} is in use by {who}", f"set {PORT} to a free one.", port=folder.port
        )


def _port_taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Set the same socket option as the server: a port in TIME_WAIT counts as free, a listening one does not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _ended_without_saving(folder: StateFolder) -> bool:
    """Whether the server was killed: it saves only on a clean stop, so it has saved nothing since its start."""
    state = folder.path / "state"
    if not (folder.path / "s3").exists() and not state.exists():
        return False
    started = float(read_json(folder.server_file).get("started", 0))
    saved = [file.stat().st_mtime for file in state.glob("*.json")] if state.exists() else []
    return max(saved, default=-1.0) < started


def _launch(folder: StateFolder) -> Server:
    folder.log_file.parent.mkdir(parents=True, exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name not in variables.UNSET}
    ours = {state_folder.PORT: str(folder.port), state_folder.FOLDER: str(folder.path), "BIND_HOST": "127.0.0.1"}
    with folder.log_file.open("ab") as log:
        process = subprocess.Popen(
            COMMAND,
            env=inherited | variables.of(folder) | ours,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(pid=process.pid, port=folder.port, started=time.time())
    write_json(folder.server_file, {"pid": server.pid, "port": server.port, "started": server.started})
    if not _comes_up(folder, server.pid, process):
        raise CommandError("ended", f"The local AWS ended during its start:\n{_log_tail(folder, lines=5)}")
    return server


def _comes_up(folder: StateFolder, pid: int, process: "subprocess.Popen[bytes] | None") -> bool:
    """Return True once the server answers, False if its process ends. Raises CommandError on a timeout."""
    deadline = time.monotonic() + _START_SECONDS
    while not answers(folder):
        ended = process.poll() is not None if process else _process(pid) is None
        if ended:
            return False
        if time.monotonic() > deadline:
            raise CommandError(
                "no-answer",
                f"The local AWS (process {pid}) does not answer on port {folder.port} after {_START_SECONDS:.0f} s",
                f"see its log, {folder.log_file}.",
                log=str(folder.log_file),
            )
        time.sleep(0.1)
    return True


def _log_tail(folder: StateFolder, *, lines: int) -> str:
    path = folder.log_file
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""


def _process(pid: int) -> psutil.Process | None:
    """Return the live process with this ID if it is a server, None if another program now has the ID."""
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        process = psutil.Process(pid)
        if _lives(process) and tuple(process.cmdline()[-2:]) == COMMAND[-2:]:
            return process
    return None


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _lives(process: psutil.Process) -> bool:
    try:
        # psutil also compares start times, because another process may have taken the ID.
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _end(processes: Sequence[psutil.Process], *, patience: float) -> None:
    """Send SIGTERM, then SIGKILL after `patience` seconds."""
    ways: Any = ((psutil.Process.terminate, patience), (psutil.Process.kill, 5.0))
    for send, seconds in ways:
        waiting = [process for process in processes if _lives(process)]
        for process in waiting:
            with contextlib.suppress(psutil.NoSuchProcess):
                send(process)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(map(_lives, waiting)):
            time.sleep(0.05)


def _end_orphans(folder: StateFolder) -> bool:
    """End training jobs and model servers that outlived their server. Returns whether there were any."""
    containers = folder.path / "sagemaker"
    if not containers.exists():
        return False
    from local_aws.containers.processes.leftovers import kill_leftovers

    try:
        return bool(kill_leftovers(containers))
    except TimeoutError as error:
        raise CommandError("stuck", f"The local AWS is stopped, but {error}", "end them yourself.") from None
