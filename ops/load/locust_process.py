"""Locust as a process: starting it, following its progress, stopping it, and reading its results."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from contracts.models import progress
from contracts.models.progress import Progress
from ops.deployment.cloud import ROOT
from ops.errors import OpsError
from ops.load import plan as plans
from ops.load.plan import Plan
from ops.load.steps import Step

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
STOP_SECONDS = 35  # as long as one request may take
LAST_WORDS = 300
LOOK_SECONDS = 0.2  # between checks for an interrupt


@dataclass(frozen=True)
class LocustResult:
    """A load test's steps and Locust's own report (HTML). interrupted: the user stopped it."""

    steps: list[Step] = field(default_factory=list)
    report: str = ""
    interrupted: bool = False


class Interrupts:
    """Counts Ctrl-C in its block, instead of raising an exception that may get lost between two steps."""

    def __init__(self) -> None:
        self.count = 0
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        self._before = signal.signal(signal.SIGINT, self._add)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _add(self, _number: int, _frame: object) -> None:
        self.count += 1


def run(plan: Plan, *, folder: Path, web_port: int | None = None) -> Generator[Progress | LocustResult]:
    """Yield progress, then the outcome. Raises OpsError if Locust itself fails.

    folder: an empty one that only this user can read. web_port: of Locust's page, which then starts and stops the load.
    """
    plan_file, log_path, report = folder / "plan.json", folder / "log", Path(plan.report)
    plan.save(plan_file)
    with log_path.open("w", encoding="utf-8") as log, Interrupts() as interrupts:
        process = _start(_command(plan, web_port), folder=folder, plan=plan_file, log=log)
        try:
            for line in _lines(process, interrupts):
                event = progress.read(line)
                if event:
                    yield event
            status = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    interrupted = interrupts.count > 0
    if status and not interrupted:
        raise OpsError(_reason(log_path.read_text(encoding="utf-8", errors="replace"), status))
    page = report.read_text(encoding="utf-8") if report.is_file() else ""
    yield LocustResult(steps=plans.read_steps(Path(plan.result)), report=page, interrupted=interrupted)


def _command(plan: Plan, web_port: int | None) -> list[str]:
    command = [sys.executable, "-m", "locust", "--locustfile", str(LOCUSTFILE)]
    command += ["--loglevel", "WARNING", "--stop-timeout", str(STOP_SECONDS), "--exit-code-on-error", "0"]
    if web_port is None:
        return [*command, "--headless", "--only-summary"]
    page = ["--web-host", plans.WEB_HOST, "--web-port", str(web_port)]
    return [*command, *page, "--users", str(plan.users), "--run-time", f"{plan.seconds:.0f}s"]


def _start(command: list[str], *, folder: Path, plan: Path, log: IO[str]) -> subprocess.Popen[str]:
    # Locust would read options from LOCUST_* variables and from a configuration file in its working directory.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**inherited, "PYTHONPATH": path, plans.VARIABLE: str(plan)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # Ctrl-C in the terminal reaches it only through us, once
    )


def _lines(process: subprocess.Popen[str], interrupts: Interrupts) -> Generator[str]:
    """Its output, until it ends. A first interrupt asks it to stop and report; a second one kills it."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    ends = None
    while True:
        if interrupts.count and ends is None:
            ends = time.monotonic() + STOP_SECONDS + 5
            process.terminate()  # Locust loses an interrupt that arrives in one of its greenlets
        if interrupts.count > 1 or (ends and time.monotonic() > ends):
            process.kill()
        try:
            line = lines.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            continue
        if line is None:
            return
        yield line


def _reason(log: str, status: int) -> str:
    last = next((line.strip() for line in reversed(log.splitlines()) if line.strip()), "no message")
    return f"Locust ended with status {status}: {last[-LAST_WORDS:]}"
