"""Memory and processor time of a server with all its processes, from Linux's /proc."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType

PROC = Path("/proc")
EVERY_SECONDS = 0.5
GROUP, USER_TIME, SYSTEM_TIME = 2, 11, 12  # positions in stat, counted from behind the name in brackets


def group(leader: int) -> dict[int, float]:
    """CPU seconds so far of each live process in the process group of ``leader``, by its id."""
    seconds = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:  # the process has ended
                continue
            if int(fields[GROUP]) == leader:
                ticks = int(fields[USER_TIME]) + int(fields[SYSTEM_TIME])
                seconds[int(entry.name)] = ticks / os.sysconf("SC_CLK_TCK")
    return seconds


def megabytes(leader: int) -> float:
    """Resident memory of the group; a page that several processes share counts once."""
    return sum(_shared_out(process) for process in group(leader)) / 1024


def _shared_out(process: int) -> int:
    """The process's proportional set size in KiB; 0 when it is gone."""
    try:
        lines = (PROC / str(process) / "smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


class Watch:
    """Within the context, follows a server: ``peak_mb``, and ``cpu_seconds`` once it has ended."""

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self._before = group(leader)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self.peak_mb = 0.0
        self.cpu_seconds = 0.0

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self.cpu_seconds = sum(spent - self._before.get(each, 0.0) for each, spent in group(self._leader).items())

    def _follow(self) -> None:
        while True:
            self.peak_mb = max(self.peak_mb, megabytes(self._leader))
            if self._ended.wait(EVERY_SECONDS):
                return
