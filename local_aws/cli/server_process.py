"""Starting the local AWS in the background, and stopping it with all that it started."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

import urllib3

from local_aws import access_key
from local_aws.cli import aws_environment, processes
from local_aws.cli.errors import CliError
from local_aws.cli.workspace import Workspace, read_json

_MODULE = "local_aws.server"
_NEEDED_BYTES = 2 * 1024**3
_START_SECONDS = 90.0
# The parts of the state folder that the server owns.
_SERVER_STATE = ("state", "s3", "sagemaker", "tmp")


@dataclass(frozen=True)
class Server:
    """The running local AWS; started: epoch seconds."""

    pid: int
    port: int
    started: float


def find(workspace: Workspace) -> Server | None:
    """The local AWS of this state folder when its process lives; a stale process-id file counts as none."""
    record = read_json(workspace.server_file)
    try:
        server = Server(pid=int(record["pid"]), port=int(record["port"]), started=float(record["started"]))
    except (KeyError, TypeError, ValueError):
        return None
    process = processes.find(server.pid)
    return server if process and _MODULE in process.command else None


def healthy(workspace: Workspace) -> bool:
    """Whether a local AWS answers on the workspace's port."""
    try:
        # A pool manager ignores the proxies of the environment, as this has to.
        answer = urllib3.PoolManager().request(
            "GET", f"{workspace.endpoint_url}/_ministack/health", timeout=2, retries=False
        )
    except urllib3.exceptions.HTTPError:
        return False
    return answer.status == 200


def start(workspace: Workspace, *, say: Callable[[str], None]) -> Server:
    """The running local AWS, started where it does not run yet. Raises CliError with what to do about it.

    say: gets a line for what a user should know.
    """
    workspace.make_private()
    running = find(workspace)
    if running:
        if running.port != workspace.port:
            raise CliError(
                f"The local AWS already runs on port {running.port}: `make local-down` first to move it to "
                f"{workspace.port}."
            )
        # One that is about to end, having been asked to, gets another in its place.
        if _answers(workspace, running.pid, None):
            return running
    _check_can_start(workspace)
    if _ended_without_saving(workspace):
        say("The local AWS had ended without saving its state (killed, or the machine stopped): starting afresh.")
        clear_state(workspace)
    workspace.write_json(workspace.config_file, {"port": workspace.port})
    return _launch(workspace)


def stop(workspace: Workspace) -> bool:
    """Stop the local AWS and every process that it started; whether there was anything to stop."""
    running = find(workspace)
    if running:
        children = processes.descendants(running.pid)
        server = processes.find(running.pid)
        # The server first and alone: it saves its state and ends its children in order.
        processes.stop([server] if server else [], patience=30)
        processes.stop(children, patience=5)
    return _end_orphans(workspace) or running is not None


def remove_state(workspace: Workspace) -> None:
    """Remove the state folder; raises CliError for a folder that the local AWS did not make."""
    if not workspace.folder.exists():
        return
    ours = (workspace.config_file.name, access_key.FILE)
    found = {path.name for path in workspace.folder.iterdir()}
    if found and not found.intersection(ours):
        raise CliError(f"{workspace.folder} has no config.json, so it is not a local AWS's folder: not removed.")
    shutil.rmtree(workspace.folder)


def clear_state(workspace: Workspace) -> None:
    """Forget what the stopped server kept: after this it starts as an empty account."""
    for name in _SERVER_STATE:
        shutil.rmtree(workspace.folder / name, ignore_errors=True)
    workspace.demo_file.unlink(missing_ok=True)


def log_tail(workspace: Workspace, *, lines: int) -> str:
    """The last lines of the server's log."""
    path = workspace.logs / "server.log"
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""


def _check_can_start(workspace: Workspace) -> None:
    for python, what in ((workspace.server_python, "the local AWS"), (workspace.model_python, "training and serving")):
        if not python.exists():
            raise CliError(f"{python} is missing, the Python for {what}: run `make setup`.")
    free = shutil.disk_usage(workspace.folder).free
    if free < _NEEDED_BYTES:
        raise CliError(
            f"Only {free / 1024**3:.1f} GB are free for {workspace.folder}: the local AWS needs "
            f"{_NEEDED_BYTES / 1024**3:.0f} GB. Free some, or set RUBRIC_LOCAL_DIR to a folder on another disk."
        )
    if _port_taken(workspace.port):
        who = "another local AWS" if healthy(workspace) else "another program"
        raise CliError(
            f"Port {workspace.port} is used by {who}: choose a free one, `make demo PORT={workspace.port + 1}`."
        )


def _port_taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the server does: a port in TIME_WAIT is free, a listening one is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _ended_without_saving(workspace: Workspace) -> bool:
    """The server saves when it is asked to stop; nothing saved since its start means that it was killed."""
    state = workspace.folder / "state"
    if not (workspace.folder / "s3").exists() and not state.exists():
        return False
    started = float(read_json(workspace.server_file).get("started", 0))
    saved = [file.stat().st_mtime for file in state.glob("*.json")] if state.exists() else []
    return max(saved, default=-1.0) < started


def _launch(workspace: Workspace) -> Server:
    workspace.logs.mkdir(parents=True, exist_ok=True)
    environment = aws_environment.for_child(workspace) | {
        "GATEWAY_PORT": str(workspace.port),
        "BIND_HOST": "127.0.0.1",
        "RUBRIC_LOCAL_DIR": str(workspace.folder),
        "RUBRIC_MODEL_PYTHON": str(workspace.model_python),
        "RUBRIC_ROOT": str(workspace.root),
    }
    with (workspace.logs / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [str(workspace.server_python), "-m", _MODULE],
            cwd=workspace.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(pid=process.pid, port=workspace.port, started=time.time())
    workspace.write_json(workspace.server_file, {"pid": server.pid, "port": server.port, "started": server.started})
    if not _answers(workspace, server.pid, process):
        raise CliError(f"The local AWS ended as it started:\n{log_tail(workspace, lines=5)}")
    return server


def _answers(workspace: Workspace, pid: int, process: subprocess.Popen[bytes] | None) -> bool:
    """True once the server answers, False when its process has ended; raises CliError when neither happens."""
    deadline = time.monotonic() + _START_SECONDS
    while not healthy(workspace):
        ended = process.poll() is not None if process else processes.find(pid) is None
        if ended:
            return False
        if time.monotonic() > deadline:
            raise CliError(
                f"The local AWS (process {pid}) does not answer on port {workspace.port} after {_START_SECONDS:.0f} s; "
                f"its log is {workspace.logs / 'server.log'}. `make local-down` stops it."
            )
        time.sleep(0.1)
    return True


def _end_orphans(workspace: Workspace) -> bool:
    """End the training jobs and model servers that outlived their server; whether there were any."""
    folder = workspace.folder / "sagemaker"
    if not folder.exists() or not workspace.server_python.exists():
        return False
    # The server's own code knows how to tell its containers; it needs the server's Python.
    code = (
        "import sys; from pathlib import Path; "
        "from local_aws.server.sagemaker.containers.leftovers import kill_leftovers; "
        "print(len(kill_leftovers(Path(sys.argv[1]))))"
    )
    ended = subprocess.run(
        [str(workspace.server_python), "-c", code, str(folder)],
        cwd=workspace.root,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise CliError(f"Could not end the processes left in {folder}: {ended.stderr.strip().splitlines()[-1]}")
    return ended.stdout.strip() != "0"
