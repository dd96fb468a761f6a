"""The local AWS, a distribution of its own in local-aws/: started, stopped and asked as a process."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import images
from local.errors import CliError
from local.workspace import Workspace

DISTRIBUTION = Path(__file__).resolve().parents[1] / "local-aws"
# What users set for Rubric, by the name that the local AWS has for it.
_SETTINGS = {
    "LOCAL_AWS_ALARM_SECONDS": "RUBRIC_ALARM_SECONDS",
    "LOCAL_AWS_LATE_ACCESS_LOGS": "RUBRIC_LATE_ACCESS_LOGS",
    "LOCAL_AWS_RECOMMEND_STEP_SECONDS": "RUBRIC_RECOMMEND_STEP_SECONDS",
}
# What to do about an error, by its code, where Rubric has commands and settings of its own for that.
_ADVICE = {
    "bad-access-key": "`make local-down` makes way for another.",
    "other-user": "set RUBRIC_LOCAL_DIR to a folder of yours.",
    "no-permissions": "set RUBRIC_LOCAL_DIR to a folder on another one.",
    "other-port": "`make local-down` first to move it to {port}.",
    "disk-full": "the local AWS needs 2 GB. Free some, or set RUBRIC_LOCAL_DIR to a folder on another disk.",
    "port-taken": "choose a free one, `make demo PORT={next_port}`.",
    "no-answer": "its log is {log}. `make local-down` stops it.",
    "not-spot": "set training.spot: true and train again.",
}


@dataclass(frozen=True)
class Server:
    """The running local AWS; started: epoch seconds; answers: whether it takes requests."""

    pid: int
    port: int
    started: float
    answers: bool = True

    @property
    def endpoint_url(self) -> str:
        """Where the AWS APIs answer."""
        return f"http://127.0.0.1:{self.port}"


def find(workspace: Workspace) -> Server | None:
    """The local AWS of the workspace's state folder when its process lives. Raises CliError."""
    found = _ask(workspace, "status")
    return _server(found, answers=found["answers"]) if found["running"] else None


def start(workspace: Workspace, *, say: Callable[[str], None]) -> Server:
    """The running local AWS, started where it does not run yet. Raises CliError with what to do about it.

    say: gets a line for what a user should know.
    """
    if not workspace.model_python.exists():
        raise CliError(f"{workspace.model_python} is missing, the Python for training and serving: run `make setup`.")
    found = _ask(workspace, "start")
    if found["state_lost"]:
        say("The local AWS had ended without saving its state (killed, or the machine stopped): starting afresh.")
        workspace.demo_file.unlink(missing_ok=True)
    return _server(found)


def stop(workspace: Workspace) -> tuple[bool, bool]:
    """Stop it with all its processes and remove its state folder; whether there was either. Raises CliError."""
    found = _ask(workspace, "stop", "--forget")
    return found["stopped"], found["removed"]


def interrupt(workspace: Workspace, job: str) -> None:
    """Take a training job's spare capacity away, as AWS does at any time with managed spot training. CliError."""
    _ask(workspace, "interrupt", job)


def variables(workspace: Workspace) -> tuple[dict[str, str], list[str]]:
    """The environment variables that point a program at the local AWS, and those to take away. Raises CliError."""
    found = _ask(workspace, "env")
    return dict(found["set"]), list(found["unset"])


def _server(found: Mapping[str, Any], *, answers: bool = True) -> Server:
    return Server(pid=found["pid"], port=found["port"], started=found["started"], answers=answers)


def _ask(workspace: Workspace, *arguments: str) -> dict[str, Any]:
    python = workspace.server_python
    if not python.exists():
        raise CliError(f"{python} is missing, the Python for the local AWS: run `make setup`.")
    done = subprocess.run(
        [str(python), "-m", "local_aws", "--json", *arguments],
        cwd=workspace.root,
        env=_environment(workspace),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise CliError(_sentence(done.stderr))
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _environment(workspace: Workspace) -> dict[str, str]:
    """This process's, with this Python's commands first (node among them), and the settings of the local AWS."""
    set_here = {ours: os.environ[theirs] for ours, theirs in _SETTINGS.items() if theirs in os.environ}
    return {
        **os.environ,
        **set_here,
        "PATH": os.pathsep.join([str(workspace.bin), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": str(DISTRIBUTION),
        "LOCAL_AWS_FOLDER": str(workspace.folder),
        "LOCAL_AWS_PORT": str(workspace.port or ""),
        "LOCAL_AWS_CONTAINER_PYTHON": str(workspace.model_python),
        "LOCAL_AWS_ENV_COMMAND": "make -s local-env",
        "LOCAL_AWS_IMAGES": images.as_json(os.environ),
        images.PYTHON: str(workspace.model_python),
        images.ROOT: str(workspace.root),
    }


def _sentence(error: str) -> str:
    lines = error.strip().splitlines() or ["it said nothing"]
    try:
        found = json.loads(lines[-1])
        fact, advice = found["fact"], _ADVICE.get(found["code"], found["advice"])
    except (ValueError, KeyError, TypeError):
        return f"The local AWS: {lines[-1]}"
    facts = found | {"next_port": found.get("port", 0) + 1}
    return f"{fact}: {advice.format(**facts)}" if advice else str(fact)
