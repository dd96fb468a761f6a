"""From measurements to figures: pooled percentiles, errors, ratios and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.serving import prices
from benchmarks.serving.servers import client, peers

Levels = Mapping[int, Mapping[str, Any]]


def errors(statuses: Mapping[str, int]) -> int:
    """Requests that got no right answer."""
    return sum(count for status, count in statuses.items() if status != client.OK)


def level(runs: Sequence[Mapping[str, Any]], *, seconds: float) -> dict[str, Any]:
    """The figures of one server under one load from its ``runs`` (``load.measure``), each of ``seconds``.

    Percentiles are of all runs' requests together, None when none was answered. ``cpu_ms``: the server's processor
    time for a request, over all that it answered. ``client_cpu_share``: of a core, for the load itself.
    """
    pooled = np.concatenate([np.asarray(run["milliseconds"], dtype=np.float64) for run in runs])
    statuses: Counter[str] = Counter()
    for run in runs:
        statuses.update(run["statuses"])
    answered = statuses[client.OK]
    return {
        "requests_per_s": round(float(np.mean([run["requests_per_s"] for run in runs])), 2),
        "due_per_s": round(float(np.mean([run["due"] / seconds for run in runs])), 2),
        **{f"p{share}_ms": _percentile(pooled, share) for share in (50, 95, 99)},
        "statuses": dict(statuses),
        "peak_mb": round(max(run["peak_mb"] for run in runs)),
        "cpu_ms": round(sum(run["cpu_seconds"] for run in runs) * 1000 / answered, 2) if answered else None,
        "client_cpu_share": max(run["cpu_share"] for run in runs),
    }


def _percentile(milliseconds: Any, share: int) -> float | None:
    return round(float(np.percentile(milliseconds, share)), 2) if milliseconds.size else None


def ratio(above: float | None, below: float | None, *, digits: int) -> float | None:
    """``above / below``; None if one is missing or the divisor is 0."""
    return round(above / below, digits) if above is not None and below else None


def ratios(measured: Mapping[str, Levels]) -> dict[str, float | None]:
    """The ratios of the goals, each against the Hugging Face container's default handler.

    ``throughput_ratio_32``: lean's throughput in its, 32 clients. ``p50_ratio_1``: lean's median time in its, 1 client.
    ``hf_ours_ratio_8``: our inference.py's throughput in its, 8 clients. ``cpu_ratio_32``: its processor time for a
    request in lean's, which other work on the machine hardly changes. ``p50_ratio_1`` alone is good when small.
    """

    def of(server: str, clients: int, name: str) -> float | None:
        value = measured.get(server, {}).get(clients, {}).get(name)
        return None if value is None else float(value)

    def against_default(server: str, clients: int, name: str, digits: int) -> float | None:
        return ratio(of(server, clients, name), of(peers.DEFAULT, clients, name), digits=digits)

    return {
        "throughput_ratio_32": against_default(peers.LEAN, 32, "requests_per_s", 1),
        "p50_ratio_1": against_default(peers.LEAN, 1, "p50_ms", 3),
        "hf_ours_ratio_8": against_default(peers.OURS, 8, "requests_per_s", 1),
        "cpu_ratio_32": ratio(of(peers.DEFAULT, 32, "cpu_ms"), of(peers.LEAN, 32, "cpu_ms"), digits=1),
    }


def best_throughput(levels: Levels) -> float:
    """The most requests a second at any number of clients."""
    return max((float(each["requests_per_s"]) for each in levels.values()), default=0.0)


def table(measured: Mapping[str, Levels], starts: Mapping[str, float]) -> str:
    """Markdown: a row for each server and number of clients."""
    lines = [
        "| server | clients | requests/s | p50 ms | p95 ms | p99 ms | CPU ms a request | peak MB | start, s | errors |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for server, levels in measured.items():
        for clients, each in levels.items():
            cells = [peers.PEERS[server].title, clients, each["requests_per_s"]]
            cells += [each[name] for name in ("p50_ms", "p95_ms", "p99_ms", "cpu_ms", "peak_mb")]
            cells += [round(starts[server], 1), errors(each["statuses"])]
            lines.append(f"| {' | '.join('' if cell is None else str(cell) for cell in cells)} |")
    return "\n".join(lines)


def price_table(throughputs: Mapping[str, float], *, cores: int) -> str:
    """Markdown: the cost of a million headlines on each instance type, from requests a second measured on ``cores``."""
    lines = [
        f"| instance type | USD an hour | {' | '.join(peers.PEERS[server].title for server in throughputs)} |",
        f"| --- | --- |{' --- |' * len(throughputs)}",
    ]
    for name, instance in prices.INSTANCES.items():
        costs = [prices.usd_per_million(name, per_s, cores=cores) for per_s in throughputs.values()]
        cells = [name, instance.usd_per_hour or "unknown", *("" if cost is None else f"{cost:.3f}" for cost in costs)]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)
