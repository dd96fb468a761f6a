"""Finding and ending the processes of containers whose server is gone."""

import os
import signal
import time
from pathlib import Path

# Every process of a container has this in its environment; unlike a pid file it cannot point at someone else's process.
MARKER = "RUBRIC_CONTAINER_FOLDER"


def kill_leftovers(root: Path, *, timeout: float = 5.0) -> list[int]:
    """Ends (SIGKILL) each process that belongs to a container whose work folder is `root` or lies under it.

    Returns the process ids, in order. Raises TimeoutError when some are still there after `timeout` seconds.
    Reads /proc, so that it finds nothing on a system without one.
    """
    killed: set[int] = set()
    deadline = time.monotonic() + timeout
    while found := _processes_of(root.resolve()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes of containers under {root} do not end: {found}")
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed.add(pid)
        time.sleep(0.02)
    return sorted(killed)


def _processes_of(root: Path) -> list[int]:
    """The living processes whose environment names a work folder at or under `root`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # it ended, or is another user's
            continue
        for variable in variables:
            name, _, value = variable.partition(b"=")
            if name == MARKER.encode() and Path(os.fsdecode(value)).is_relative_to(root):
                found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]
