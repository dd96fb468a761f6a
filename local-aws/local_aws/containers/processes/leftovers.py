"""Find and end container processes whose server is gone."""

import contextlib
import os
import time
from pathlib import Path

import psutil

# Every container process has this in its environment; unlike a pid file, it cannot point at another process.
MARKER = "LOCAL_AWS_CONTAINER_FOLDER"


def kill_leftovers(root: Path, *, timeout: float = 5.0) -> list[int]:
    """Kill (SIGKILL) every process of a container whose work folder is `root` or below it.

    Returns the process IDs in order. Raises TimeoutError if some are still alive after `timeout` seconds.
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
    """Find the live processes whose environment names a work folder at or below `root`."""
    processes = []
    for process in psutil.process_iter():
        # The environment of an ended process or of another user's process cannot be read.
        with contextlib.suppress(psutil.Error, OSError):
            folder = process.environ().get(MARKER)
            if folder and process.pid != os.getpid() and Path(folder).is_relative_to(root):
                processes.append(process)
    return processes
