"""Tests the arithmetic of the comparison: medians, ratio and shares of the chip's peak."""

from __future__ import annotations

import pytest

from benchmarks.training import compare


def run(recipe: str, texts_per_s: float, **others: float) -> dict[str, object]:
    return {
        "recipe": recipe,
        "texts_per_s": texts_per_s,
        "texts": 10,
        "cpu_seconds": 20 / texts_per_s,
        "peak_mb": 1000,
        "labels": 4,
        "word_pieces": 16.0,
        "word_pieces_squared": 256.0,
        "precision": "bf16",
        "batch_size": 32,
        "threads": 2,
        **others,
    }


def test_medians_ratio_and_shares() -> None:
    runs = [run("tutorial", speed) for speed in (0.4, 0.5, 9.0)] + [run("ours", speed) for speed in (1.0, 100.0, 120.0)]
    summary = compare.summary(runs, peaks={"chip": 2.0, "unknown": None})
    assert (summary["texts_per_s"], summary["tutorial_texts_per_s"], summary["ratio"]) == (100.0, 0.5, 200.0)
    assert summary["cpu_seconds_ratio"] == 200.0
    assert summary["mfu"] == {"chip": pytest.approx(100 * summary["gflop_per_text"] / 1000 / 2, rel=0.01)}
    assert "gpu_peak_mb" not in summary
    assert "200.0 times" in compare.sentences(summary)


def test_graphics_memory_where_every_run_has_it() -> None:
    runs = [run("tutorial", 1.0, gpu_peak_mb=9000), run("ours", 2.0, gpu_peak_mb=4000)]
    summary = compare.summary(runs, peaks={})
    assert (summary["gpu_peak_mb"], summary["tutorial_gpu_peak_mb"]) == (4000, 9000)
