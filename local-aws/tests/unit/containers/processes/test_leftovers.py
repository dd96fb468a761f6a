"""Tests the cleanup of containers whose server was killed."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from local_aws.containers import kill_leftovers

ROOT = Path(__file__).parents[4]
# A server that runs one container, whose process starts another that leaves its session, and says both numbers.
SERVER = """
import sys, time
from pathlib import Path
from local_aws.containers.processes.lines import Lines
from local_aws.containers.processes.process import ContainerProcess

inner = '''
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(os.getpid(), child.pid, flush=True)
time.sleep(600)
'''
folder = Path(sys.argv[1])
ContainerProcess(command=[sys.executable, "-c", inner], cwd=folder, environment={}, folder=folder,
                 log=Lines(lambda line: print(line, flush=True)))
time.sleep(600)
"""


def ended(pid: int) -> bool:
    """Whether a process is gone, or only waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.fixture
def folders(tmp_path):
    made = [tmp_path / "training" / "one", tmp_path / "training-other" / "two"]
    for folder in made:
        folder.mkdir(parents=True)
    yield made
    kill_leftovers(tmp_path)


def test_a_killed_server_takes_its_containers_along_and_the_rest_is_found(folders):
    server = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SERVER), str(folders[0])], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    container, grandchild = map(int, server.stdout.readline().split())
    bystander = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        env=os.environ | {"LOCAL_AWS_CONTAINER_FOLDER": str(folders[1])},
    )
    try:
        assert not ended(container)
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        deadline = time.monotonic() + 30
        while not ended(container):
            assert time.monotonic() < deadline, "the container outlives its server"
            time.sleep(0.02)
        assert not ended(grandchild)
        assert kill_leftovers(folders[0].parent) == [grandchild]
        assert ended(grandchild)
        assert bystander.poll() is None, "a container of another folder was killed"
    finally:
        server.stdout.close()
        server.kill()
        bystander.kill()
        server.wait()
        bystander.wait()


def test_nothing_left_is_nothing_killed(tmp_path):
    assert kill_leftovers(tmp_path) == []
