"""Locust as a process: started, followed by its progress, ended, and what it left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ops.cloud import ROOT
from ops.errors import OpsError
from ops.load import plan as plans
from ops.load.plan import Plan
from ops.load.steps import Step
from ops.training_log import Progress, parse

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
STOP_SECONDS = 35  # as long as one request may take
LAST_WORDS = 300


@dataclass(frozen=True)
class Outcome:
    """What a load test left: its steps and Locust's own report (HTML). interrupted: the person ended it."""

    steps: list[Step] = field(default_factory=list)
    report: str = ""
    interrupted: bool = False


def run(plan: Plan, *, folder: Path, web_port: int | None = None) -> Generator[Progress | Outcome]:
    """Progress as it comes, then the outcome; OpsError when Locust itself fails.

    folder: an empty one of this user's own. web_port: where Locust's page is, which then starts and stops the load.
    """
    plan_file, said, report = folder / "plan.json", folder / "log", Path(plan.report)
    plan.save(plan_file)
    interrupted = False
    with said.open("w", encoding="utf-8") as log:
        process = _start(_command(plan, web_port), folder=folder, plan=plan_file, log=log)
        try:
            assert process.stdout is not None
            for line in process.stdout:
                progress = parse(line)
                if progress:
                    yield progress
            status = process.wait()
        except KeyboardInterrupt:
            interrupted = True
            process.terminate()  # Locust loses an interrupt that meets it in one of its greenlets
            status = _wait(process)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if status and not interrupted:
        raise OpsError(_reason(said.read_text(encoding="utf-8", errors="replace"), status))
    page = report.read_text(encoding="utf-8") if report.is_file() else ""
    yield Outcome(steps=plans.read_steps(Path(plan.result)), report=page, interrupted=interrupted)


def _command(plan: Plan, web_port: int | None) -> list[str]:
    command = [sys.executable, "-m", "locust", "--locustfile", str(LOCUSTFILE)]
    command += ["--loglevel", "WARNING", "--stop-timeout", str(STOP_SECONDS), "--exit-code-on-error", "0"]
    if web_port is None:
        return [*command, "--headless", "--only-summary"]
    page = ["--web-host", plans.WEB_HOST, "--web-port", str(web_port)]
    return [*command, *page, "--users", str(plan.users), "--run-time", f"{plan.seconds:.0f}s"]


def _start(command: list[str], *, folder: Path, plan: Path, log: IO[str]) -> subprocess.Popen[str]:
    # Locust would take options from LOCUST_* and from a configuration file in the folder that it runs in.
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
        start_new_session=True,  # the terminal's Ctrl-C ends it through us, once
    )


def _wait(process: subprocess.Popen[str]) -> int:
    try:
        process.communicate(timeout=STOP_SECONDS + 5)  # it still writes its summary, which must not fill the pipe
    except subprocess.TimeoutExpired:
        return -signal.SIGKILL
    return process.returncode


def _reason(said: str, status: int) -> str:
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "it did not say why")
    return f"Locust ended with status {status}: {last[-LAST_WORDS:]}"
