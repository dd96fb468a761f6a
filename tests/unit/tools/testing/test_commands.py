"""A command of a suite ends on its own or at its limit."""

import os
import sys
from pathlib import Path

import psutil

from tools.testing import commands

ORPHAN = (
    "import subprocess, sys\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\n"
)
HANGS = "import time\ndef hangs():\n    time.sleep(600)\nhangs()"


def run(*words: str, folder: Path, limit: float = 60, captured: bool = True) -> commands.Ended:
    line = [sys.executable, *words]
    return commands.run(line, cwd=folder, env=dict(os.environ), captured=captured, limit=limit)


def test_status_and_output_are_those_of_the_command(tmp_path):
    script = "import sys; print('out', flush=True); sys.stderr.write('err \\udcff'); sys.exit(3)"
    ended = run("-c", script, folder=tmp_path)
    assert (ended.status, ended.output) == (3, "out\nerr \\udcff")


def test_a_process_that_outlives_the_command_does_not_hold_it_up(tmp_path):
    ended = run("-c", ORPHAN, folder=tmp_path, limit=30)
    assert ended.status == 0
    psutil.Process(int(ended.output)).kill()


def test_at_the_limit_the_stacks_are_shown(tmp_path):
    # pytest too starts Python's faulthandler.
    ended = run("-X", "faulthandler", "-c", HANGS, folder=tmp_path, limit=5)
    assert ended.status != 0
    assert "in hangs" in ended.output and "Stopped after" in ended.output


def test_at_the_limit_children_end_too(tmp_path):
    ended = run("-c", f"{ORPHAN}import time; time.sleep(600)", folder=tmp_path, limit=5)
    child = int(ended.output.split()[0])
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_the_screen_shows_why_a_command_was_stopped(tmp_path, capfd):
    assert run("-c", "import time; time.sleep(600)", folder=tmp_path, limit=0.5, captured=False).status != 0
    assert "Stopped after" in capfd.readouterr().out


def test_each_test_has_a_limit(pytestconfig):
    assert float(pytestconfig.getini("timeout")) > 0
