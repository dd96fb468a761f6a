"""How many cores this process may use: a container's limit, not the machine's count."""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def available(cgroup: Path = CGROUP) -> int:
    """Whole cores by CPU affinity and the cgroup's quota (version 2, then 1); at least 1."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(cgroup)
    return max(1, affinity if quota is None else min(affinity, math.ceil(quota)))


def _quota(cgroup: Path) -> float | None:
    limit = _fields(cgroup / "cpu.max")
    if len(limit) == 2 and limit[0] != "max":
        return int(limit[0]) / int(limit[1])
    granted, period = _fields(cgroup / "cpu" / "cpu.cfs_quota_us"), _fields(cgroup / "cpu" / "cpu.cfs_period_us")
    if granted and period and int(granted[0]) > 0:
        return int(granted[0]) / int(period[0])
    return None


def _fields(path: Path) -> list[str]:
    return path.read_text(encoding="ascii").split() if path.is_file() else []
