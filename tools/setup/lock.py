"""Allows one setup at a time in a clone."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.2


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def held(path: Path, *, on_wait: Callable[[str], None]) -> Iterator[int]:
    """Hold the lock file at `path`, waiting for its holder; yields the file descriptor.

    `on_wait` is called once with the holder's process id as text. Children that inherit the descriptor keep the lock
    when their parent is killed, so an orphaned pip cannot write into an environment that is being repaired.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _taken(handle):
            on_wait(os.pread(handle, 32, 0).decode().strip())
            while not _taken(handle):
                time.sleep(POLL_SECONDS)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield handle
    finally:
        os.close(handle)
