"""Only one set-up runs at a time."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tools.setup import lock

ROOT = Path(__file__).resolve().parents[4]


def test_a_second_setup_waits_for_the_first(tmp_path):
    path, order = tmp_path / "lock", []
    waiting = threading.Event()

    def second() -> None:
        def on_wait(holder: str) -> None:
            order.append(holder)
            waiting.set()

        with lock.held(path, on_wait=on_wait):
            order.append("second")

    with lock.held(path, on_wait=lambda _: pytest.fail("nobody holds it")):
        thread = threading.Thread(target=second, daemon=True)
        thread.start()
        assert waiting.wait(10)
        order.append("first ends")
    thread.join(timeout=10)
    assert order == [str(os.getpid()), "first ends", "second"]


def test_a_child_keeps_the_lock_of_a_killed_parent(tmp_path):
    path = tmp_path / "lock"
    script = (
        "import os, subprocess, sys; from pathlib import Path; from tools.setup import lock\n"
        f"with lock.held(Path({str(path)!r}), on_wait=print) as handle:\n"
        "    subprocess.Popen([sys.executable, '-c', 'input()'], stdin=0, pass_fds=[handle])\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE)
    assert parent.wait(timeout=30) == -9
    waited: list[str] = []

    def release(holder: str) -> None:
        waited.append(holder)
        assert parent.stdin is not None
        parent.stdin.close()

    with lock.held(path, on_wait=release):
        assert waited == [str(parent.pid)]
