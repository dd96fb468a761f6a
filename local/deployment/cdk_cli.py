"""Running the pinned CDK CLI against the local AWS, line by line."""

import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from local import aws_environment
from local.errors import CliError
from local.workspace import ACCOUNT, REGION, Workspace

_TICK_SECONDS = 0.5


def deploy_arguments(workspace: Workspace, *, stack: str = "--all") -> list[str]:
    """`cdk deploy -c env=local --all`, or one stack with those that it needs, without confirmation."""
    return [
        *("deploy", "-c", f"env={workspace.environment}", stack, "--require-approval", "never"),
        *("--concurrency", "4", "--progress", "events", "--output", str(workspace.cdk_output)),
    ]


def destroy_arguments(workspace: Workspace) -> list[str]:
    """`cdk destroy -c env=local --all`, without confirmation."""
    return ["destroy", "-c", f"env={workspace.environment}", "--all", "--force", "--output", str(workspace.cdk_output)]


def bootstrap_arguments() -> list[str]:
    """`cdk bootstrap` of the local account; run it outside the app's folder, where it needs no synth."""
    return ["bootstrap", f"aws://{ACCOUNT}/{REGION}"]


def run(
    workspace: Workspace,
    arguments: list[str],
    *,
    log: Path,
    cwd: Path,
    on_line: Callable[[str], None],
    on_tick: Callable[[], None] = lambda: None,
) -> int:
    """Run the CDK CLI and return its exit status. Its raw output is appended to `log`.

    on_line: receives each line; on_tick: called at least twice a second. If interrupted, it ends the CLI first.
    """
    cdk = workspace.root / "node_modules" / ".bin" / "cdk"
    if not cdk.exists():
        raise CliError(f"The pinned CDK CLI, {cdk}, is missing: run `make setup`.")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(cdk), *arguments, "--no-notices", "--no-color"]
    with log.open("a") as file:
        file.write(f"\n$ cdk {' '.join(command[1:])}\n")
        return _follow(_start(workspace, command, cwd), file, on_line, on_tick)


def _start(workspace: Workspace, command: list[str], cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=aws_environment.for_child(workspace) | {"NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        # The CLI writes to standard error, in a CI to standard output: here both are one stream.
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # A group of its own: Ctrl-C reaches it only through us, and we can end all of it.
        start_new_session=True,
    )


def _follow(
    process: subprocess.Popen[str], log: IO[str], on_line: Callable[[str], None], on_tick: Callable[[], None]
) -> int:
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    try:
        while True:
            try:
                line = lines.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                on_tick()
                continue
            if line is None:
                return process.wait()
            log.write(line)
            log.flush()
            on_line(line.rstrip("\n"))
            on_tick()
    finally:
        _end(process)


def _read(process: subprocess.Popen[str], lines: "queue.Queue[str | None]") -> None:
    if process.stdout is not None:
        for line in process.stdout:
            lines.put(line)
    lines.put(None)


def _end(process: subprocess.Popen[str]) -> None:
    """End the CLI and its child processes; the deployment itself continues in the local AWS until it ends."""
    for kind, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        if process.poll() is not None:
            return
        os.killpg(process.pid, kind)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
