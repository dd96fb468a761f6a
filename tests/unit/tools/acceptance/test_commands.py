"""Tests the processes of the real commands: their output, their failures, and that they end with the run."""

import os
import sys
import time
from pathlib import Path

import pytest

from tools.acceptance.commands import Commands
from tools.acceptance.errors import LimitError, StepError


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(root=tmp_path, environment=dict(os.environ), log=tmp_path / "log.txt", check=lambda: None)


def python(commands: Commands, program: str, *, allowed: tuple[int, ...] = (0,)) -> str:
    return commands.run(sys.executable, "-c", program, allowed=allowed)


def test_standard_output_is_the_answer_and_everything_is_in_the_log_without_secrets(commands: Commands) -> None:
    key = "rk_abcdefghij_" + "a" * 46
    assert python(commands, f"import sys; print('{key}'); print('about it', file=sys.stderr)") == f"{key}\n"
    log = commands.log.read_text()
    assert "about it" in log and "<api key>" in log and key not in log


def test_a_failure_has_the_last_lines_of_both_streams(commands: Commands) -> None:
    program = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    with pytest.raises(StepError, match="ended with 3") as raised:
        python(commands, program)
    assert "out" in str(raised.value) and "err" in str(raised.value)
    assert python(commands, program, allowed=(0, 3)) == "out\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), LimitError("time")])
def test_a_run_that_ends_takes_its_command_along(commands: Commands, tmp_path: Path, error: BaseException) -> None:
    pid = tmp_path / "pid"
    # It would outlast the test, and so would its children.
    program = (
        "import os, pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(pid)!r}).write_text(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)"
    )

    def check() -> None:
        if pid.exists() and pid.read_text():
            raise error

    commands.check = check
    with pytest.raises(type(error)):
        python(commands, program)
    own, child = map(int, pid.read_text().split())
    end = time.monotonic() + 10
    while any(_runs(each) for each in (own, child)):
        assert time.monotonic() < end, "it still runs"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
