"""Starts, stops and queries the local AWS, a distribution of its own in local-aws/, through its command."""

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
# Rubric's settings, by their names in the local AWS.
_SETTINGS = {
    "LOCAL_AWS_ALARM_SECONDS": "RUBRIC_ALARM_SECONDS",
    "LOCAL_AWS_LATE_ACCESS_LOGS": "RUBRIC_LATE_ACCESS_LOGS",
    "LOCAL_AWS_RECOMMEND_STEP_SECONDS": "RUBRIC_RECOMMEND_STEP_SECONDS",
    "LOCAL_AWS_INSTANCE_SECONDS": "RUBRIC_INSTANCE_SECONDS",
    "LOCAL_AWS_SCALING_SECONDS": "RUBRIC_SCALING_SECONDS",
    "LOCAL_AWS_SCALE_IN_PERIODS": "RUBRIC_SCALE_IN_PERIODS",
}
# Remedies by error code, where Rubric has commands and settings of its own.
_ADVICE = {
    "bad-access-key": "run `make local-down` first.",
    "other-user": "set RUBRIC_LOCAL_DIR to a folder that you own.",
    "no-permissions": "set RUBRIC_LOCAL_DIR to a folder on another file system.",
    "other-port": "run `make local-down` first to move it to {port}.",
    "disk-full": "the local AWS needs 2 GB. Free some, or set RUBRIC_LOCAL_DIR to a folder on another disk.",
    "port-taken": "choose a free one, `make demo PORT={next_port}`.",
    "no-answer": "see its log, {log}; `make local-down` stops it.",
    "not-spot": "set training.spot: true and train again.",
}


@dataclass(frozen=True)
class Server:
    """The running local AWS. started: epoch seconds; answers: whether it accepts requests."""

    pid: int
    port: int
    started: float
    answers: bool = True

    @property
    def endpoint_url(self) -> str:
        """The URL of the AWS APIs."""
        return f"http://127.0.0.1:{self.port}"


def find(workspace: Workspace) -> Server | None:
    """The local AWS of the workspace's state folder; None if its process is not alive. Raises CliError."""
    answer = _ask(workspace, "status")
    return _server(answer, answers=answer["answers"]) if answer["running"] else None


def start(workspace: Workspace, *, say: Callable[[str], None]) -> Server:
    """Start the local AWS, unless it is running. Raises CliError with the remedy.

    say: receives a line that the user should know.
    """
    if not workspace.model_python.exists():
        raise CliError(f"The Python for training and serving, {workspace.model_python}, is missing: run `make setup`.")
    answer = _ask(workspace, "start")
    if answer["state_lost"]:
        say("The local AWS had ended without saving its state (killed, or the machine stopped): starting afresh.")
        workspace.demo_file.unlink(missing_ok=True)
    return _server(answer)


def stop(workspace: Workspace) -> tuple[bool, bool]:
    """Stop it with all its processes and delete its state folder. Returns whether each existed. Raises CliError."""
    answer = _ask(workspace, "stop", "--forget")
    return answer["stopped"], answer["removed"]


def interrupt(workspace: Workspace, job: str) -> None:
    """Interrupt a training job, as AWS may at any time in managed spot training. Raises CliError."""
    _ask(workspace, "interrupt", job)


def variables(workspace: Workspace) -> tuple[dict[str, str], list[str]]:
    """The environment variables that point a program at the local AWS, and those to unset. Raises CliError."""
    answer = _ask(workspace, "env")
    return dict(answer["set"]), list(answer["unset"])


def _server(answer: Mapping[str, Any], *, answers: bool = True) -> Server:
    return Server(pid=answer["pid"], port=answer["port"], started=answer["started"], answers=answers)


def _ask(workspace: Workspace, *arguments: str) -> dict[str, Any]:
    python = workspace.server_python
    if not python.exists():
        raise CliError(f"The Python for the local AWS, {python}, is missing: run `make setup`.")
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
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _environment(workspace: Workspace) -> dict[str, str]:
    """This process's environment, with this Python's commands (and node) first, and the local AWS's settings."""
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
    lines = error.strip().splitlines() or ["no output"]
    try:
        report = json.loads(lines[-1])
        fact, advice = report["fact"], _ADVICE.get(report["code"], report["advice"])
    except (ValueError, KeyError, TypeError):
        return f"The local AWS: {lines[-1]}"
    facts = report | {"next_port": report.get("port", 0) + 1}
    return f"{fact}: {advice.format(**facts)}" if advice else str(fact)
