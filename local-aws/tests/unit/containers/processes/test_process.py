"""A container process that ended is reported as ended, whatever it left behind."""

import os
import signal
import sys
from pathlib import Path

import pytest

from local_aws.containers.processes import process
from local_aws.containers.processes.lines import Lines
from local_aws.containers.processes.process import ContainerProcess

LEAVES_ONE = (
    "import subprocess, sys\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
    "print(child.pid, flush=True)\n"
)


def test_leftovers_that_do_not_end_hold_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(root: Path) -> None:
        raise TimeoutError(f"processes of containers under {root} do not end")

    monkeypatch.setattr(process, "kill_leftovers", refuse)
    monkeypatch.setattr(process, "_READERS_GRACE_SECONDS", 0.1)
    lines: list[str] = []
    command = [sys.executable, "-c", LEAVES_ONE]
    one = ContainerProcess(command=command, cwd=tmp_path, environment={}, folder=tmp_path, log=Lines(lines.append))
    try:
        assert one.wait(30) == 0
        assert "do not end" in lines[-1]
    finally:
        os.kill(int(lines[0]), signal.SIGKILL)
