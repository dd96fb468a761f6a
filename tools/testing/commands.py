"""Runs one command of a suite, with a limit: a test that hangs fails its suite instead of holding up the run."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

# For pytest to print its stacks, and for killed processes to be gone.
_END_SECONDS = 10.0


@dataclass(frozen=True)
class Ended:
    """How a command ended. output: what it printed; empty where that went straight to the screen."""

    status: int
    output: str = ""


def run(line: Sequence[str], *, cwd: Path, env: Mapping[str, str], captured: bool, limit: float) -> Ended:
    """Run a command for at most `limit` seconds; after them it is stopped, and its status is not 0."""
    if not captured:
        status, late = _run(line, cwd=cwd, env=env, output=None, limit=limit)
        print(late, end="", flush=True)
        return Ended(status)
    # A file, because a process that outlives the command could hold a pipe open.
    with tempfile.TemporaryFile() as file:
        status, late = _run(line, cwd=cwd, env=env, output=file.fileno(), limit=limit)
        file.seek(0)
        return Ended(status, file.read().decode(errors="replace") + late)


def _run(
    line: Sequence[str], *, cwd: Path, env: Mapping[str, str], output: int | None, limit: float
) -> tuple[int, str]:
    process = subprocess.Popen(line, cwd=cwd, env=env, stdout=output, stderr=None if output is None else output)
    try:
        return process.wait(limit), ""
    except subprocess.TimeoutExpired:
        started = psutil.Process(process.pid).children(recursive=True)
        # pytest's faulthandler prints the stacks on this signal.
        process.send_signal(signal.SIGABRT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
        process.kill()
        for child in started:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(started, timeout=_END_SECONDS)
        late = f"\nStopped after {limit / 60:g} minutes (--limit): a test hangs, or this machine is slow.\n"
        return process.wait(), late
