"""Finding and ending the processes of containers whose server is gone."""

import contextlib
import os
import time
from pathlib import Path

import psutil

# Every process of a container has this in its environment; unlike a pid file it cannot point at someone else's process.
MARKER = "LOCAL_AWS_CONTAINER_FOLDER"


def kill_leftovers(root: Path, *, timeout: float = 5.0) -> list[int]:
    """Ends (SIGKILL) each process that belongs to a container whose work folder is `root` or lies under it.

    Returns the process ids, in order. Raises TimeoutError when some are still there after `timeout` seconds.
    """
    killed: set[int] = set()
    deadline = time.monotonic() + timeout
    while processes := _processes_of(root.resolve()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes of containers under {root} do not end: {[each.pid for each in processes]}")
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
                killed.add(process.pid)
        time.sleep(0.02)
    return sorted(killed)


def _processes_of(root: Path) -> list[psutil.Process]:
    """The living processes whose environment names a work folder at or under `root`."""
    processes = []
    for process in psutil.process_iter():
        # One that has ended, and another user's, has no environment to read.
        with contextlib.suppress(psutil.Error, OSError):
            folder = process.environ().get(MARKER)
            if folder and process.pid != os.getpid() and Path(folder).is_relative_to(root):
                processes.append(process)
    return processes
