"""The rate that a server sustains, and the autoscaling target that follows from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.serving.servers import figures

LIMIT_P95_MS = 100.0
KEPT_UP = 0.97  # share of the requests due that must be answered within the time they became due in
LOWEST, HIGHEST = 0.3, 1.1  # of the closed loop's throughput
# Of saturation: target tracking adds an instance some minutes after the load has grown, and until then the others
# must be able to take twice their target.
SAFETY = 0.5
ROUNDED_TO = 100


def sustained(level: dict[str, Any]) -> bool:
    """Whether the server kept up: right answers only, 95 of 100 within LIMIT_P95_MS, nothing piling up."""
    return (
        figures.errors(level["statuses"]) == 0
        and level["p95_ms"] is not None
        and level["p95_ms"] <= LIMIT_P95_MS
        and level["requests_per_s"] >= KEPT_UP * level["due_per_s"]
    )


def find(ask: Callable[[float], dict[str, Any]], *, throughput: float, steps: int) -> float:
    """The highest rate, requests a second, of ``steps`` bisections that the server sustains; 0 when it does at none.

    ``ask``: measures at a rate, in an open loop; the figures of ``figures.level``. ``throughput``: of the closed loop,
    requests a second; saturation is looked for around it.
    """
    low, high, best = LOWEST * throughput, HIGHEST * throughput, 0.0
    for _ in range(steps):
        rate = (low + high) / 2
        if sustained(ask(rate)):
            low = best = rate
        else:
            high = rate
    return best


def target_invocations(saturation: float, *, cores: int, vcpus: int) -> int:
    """Requests a minute for one instance of ``vcpus``: SAFETY of the saturation measured on ``cores`` here."""
    return int(saturation * 60 * SAFETY * vcpus / cores / ROUNDED_TO) * ROUNDED_TO
