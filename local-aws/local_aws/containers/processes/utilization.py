"""Measure a container's CPU and memory usage."""

import time
from dataclasses import dataclass

import psutil


@dataclass
class Usage:
    """Measure one container; `cpu` needs two readings, because it is the usage between them."""

    _seconds: float | None = None
    _at: float = 0.0
    _pid: int | None = None

    def read(self, pid: int) -> dict[str, float]:
        """Return `CPUUtilization` (percent of a core, from the second reading on) and `MemoryUtilization` (percent).

        Empty once the process is gone.
        """
        try:
            process = psutil.Process(pid)
            tree = [process, *process.children(recursive=True)]
            times = [each.cpu_times() for each in tree]
            memory = sum(each.memory_info().rss for each in tree)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return {}
        seconds, now = sum(each.user + each.system for each in times), time.monotonic()
        metrics = {"MemoryUtilization": 100 * memory / psutil.virtual_memory().total}
        if self._seconds is not None and self._pid == pid and now > self._at:
            metrics["CPUUtilization"] = 100 * max(0.0, seconds - self._seconds) / (now - self._at)
        self._seconds, self._at, self._pid = seconds, now, pid
        return metrics
