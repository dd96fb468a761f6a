"""Runs the operator's command, `rubric`, in a process of its own, as any operator does."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from contracts.api.scopes import DEFAULT_SCOPES, LABEL
from local import aws_environment
from local.errors import CliError
from local.workspace import Workspace


def create_key(
    workspace: Workspace, *, name: str, scopes: Sequence[str] = (*DEFAULT_SCOPES, LABEL), trusted: bool = False
) -> dict[str, Any]:
    """A new API key, by default for all of the console's pages, as `rubric keys create --json` prints it."""
    arguments = ["keys", "create", "--name", name, "--scopes", ",".join(scopes), *(["--trusted"] if trusted else [])]
    answer = json_of(workspace, [*arguments, "--json"])
    if not isinstance(answer, dict) or "key" not in answer:
        raise CliError(f"`rubric {' '.join(arguments)}` printed no key.")
    return answer


def json_of(workspace: Workspace, arguments: Sequence[str]) -> Any:
    """The JSON that a command prints. Raises CliError if it fails or prints something else."""
    done = subprocess.run(
        _command(workspace, arguments),
        cwd=workspace.root,
        env=aws_environment.for_child(workspace),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise CliError(f"`rubric {' '.join(arguments)}` failed: {_last_line(done.stderr or done.stdout)}")
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise CliError(f"`rubric {' '.join(arguments)}` did not print JSON: {done.stdout[:200]!r}") from None


def train_if_changed(workspace: Workspace, *, log: Path, tick: Callable[[], None]) -> None:
    """Train and promote a model, if the settings have changed since the approved model was trained.

    tick: called a few times a second during the run; the command's output is appended to `log`.
    """
    _run(workspace, ["train", "--if-changed", "--follow"], log=log, tick=tick)


def fill_mirror(workspace: Workspace, *, log: Path) -> None:
    """Bring what isolated training needs into the artifact bucket; the command's output is appended to `log`."""
    _run(workspace, ["mirror"], log=log, tick=lambda: None)


def _run(workspace: Workspace, arguments: Sequence[str], *, log: Path, tick: Callable[[], None]) -> None:
    start = log.stat().st_size if log.exists() else 0
    with log.open("ab") as file:
        process = subprocess.Popen(
            _command(workspace, arguments),
            cwd=workspace.root,
            env=aws_environment.for_child(workspace) | {"NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            while process.poll() is None:
                tick()
                time.sleep(0.2)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=10)
    if process.returncode:
        with log.open("rb") as file:
            file.seek(start)
            output = file.read().decode(errors="replace")
        raise CliError(f"`rubric {' '.join(arguments)}` failed: {_last_line(output)}\nThe full output is in {log}.")


def _command(workspace: Workspace, arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "ops", "--env", workspace.environment, *arguments]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"
