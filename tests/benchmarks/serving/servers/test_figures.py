"""Tests the figures made from measurements: percentiles, ratios, tables."""

from __future__ import annotations

from typing import Any

from benchmarks.serving.servers import figures, peers


def ran(milliseconds: list[float], **others: Any) -> dict[str, Any]:
    statuses = others.pop("statuses", {"200": len(milliseconds)})
    usual = {"requests_per_s": 10.0, "due": 20, "peak_mb": 100.2, "cpu_seconds": 0.5, "cpu_share": 0.02}
    return {**usual, "milliseconds": milliseconds, "statuses": statuses, **others}


def test_percentiles_are_of_all_runs_requests_together() -> None:
    level = figures.level(
        [ran([1.0] * 99), ran([101.0], requests_per_s=20.0, peak_mb=300, statuses={"200": 1, "503": 2})], seconds=2.0
    )
    assert (level["p50_ms"], level["p95_ms"], level["p99_ms"]) == (1.0, 1.0, 2.0)
    assert (level["requests_per_s"], level["due_per_s"], level["peak_mb"]) == (15.0, 10.0, 300)
    assert level["statuses"] == {"200": 100, "503": 2}
    assert level["cpu_ms"] == 10.0


def test_a_server_that_answered_nothing_has_no_percentiles() -> None:
    level = figures.level([ran([], statuses={"503": 4})], seconds=1.0)
    assert level["p50_ms"] is level["cpu_ms"] is None


def test_ratios_are_to_the_default_handler() -> None:
    levels = {clients: {"requests_per_s": 20.0, "p50_ms": 50.0, "cpu_ms": 90.0} for clients in (1, 8, 32)}
    faster = {clients: {"requests_per_s": 400.0, "p50_ms": 4.0, "cpu_ms": 3.0} for clients in (1, 8, 32)}
    assert figures.ratios({peers.DEFAULT: levels, peers.LEAN: faster, peers.OURS: faster}) == {
        "throughput_ratio_32": 20.0,
        "p50_ratio_1": 0.08,
        "hf_ours_ratio_8": 20.0,
        "cpu_ratio_32": 30.0,
    }
    assert set(figures.ratios({peers.LEAN: faster}).values()) == {None}


def test_tables_leave_missing_figures_empty() -> None:
    nothing = figures.level([ran([], statuses={"503": 4})], seconds=1.0)
    table = figures.table({peers.LEAN: {8: nothing}}, {peers.LEAN: 1.25})
    assert table.splitlines()[-1] == "| lean container | 8 | 10.0 |  |  |  |  | 100 | 1.2 | 4 |"
    assert figures.price_table({peers.LEAN: 0.0}, cores=2).splitlines()[-1] == "| ml.m7i.2xlarge | unknown |  |"
