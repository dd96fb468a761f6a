"""How much processor and memory a container's processes use, from /proc."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass
class Usage:
    """Reads one container at a time; `cpu` needs two readings, for it is what was used between them."""

    proc: Path = _PROC
    _ticks: float | None = None
    _at: float = 0.0
    _pid: int | None = None

    def read(self, pid: int) -> dict[str, float]:
        """`CPUUtilization` (percent of a core, from the second reading on), `MemoryUtilization` (percent of all).

        Empty once the process is gone.
        """
        try:
            processes = _tree(self.proc, pid)
            ticks = sum(_ticks(self.proc, process) for process in processes)
            memory = sum(_resident(self.proc, process) for process in processes)
        except (FileNotFoundError, ProcessLookupError):
            return {}
        now = time.monotonic()
        found = {"MemoryUtilization": 100 * memory / _total_memory(self.proc)}
        if self._ticks is not None and self._pid == pid and now > self._at:
            used = max(0.0, ticks - self._ticks) / os.sysconf("SC_CLK_TCK")
            found["CPUUtilization"] = 100 * used / (now - self._at)
        self._ticks, self._at, self._pid = ticks, now, pid
        return found


def _tree(proc: Path, pid: int) -> list[int]:
    """The process and what it has started."""
    found, waiting = [], [pid]
    while waiting:
        process = waiting.pop()
        found.append(process)
        children = proc / str(process) / "task" / str(process) / "children"
        waiting += [int(child) for child in children.read_text().split()] if children.exists() else []
    return found


def _ticks(proc: Path, pid: int) -> int:
    fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])  # utime and stime


def _resident(proc: Path, pid: int) -> int:
    pages = int((proc / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _total_memory(proc: Path) -> int:
    for line in (proc / "meminfo").read_text().splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"{proc}/meminfo has no MemTotal")
