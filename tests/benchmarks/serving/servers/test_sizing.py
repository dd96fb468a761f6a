"""Tests the compared settings, and the memory of a serverless endpoint."""

from __future__ import annotations

from benchmarks.serving.servers import sizing


def test_settings_compared_use_all_cores_and_at_most_each_worker_all() -> None:
    def pairs(cores: int) -> list[tuple[str | None, str]]:
        return [
            (each.get("SAGEMAKER_MODEL_SERVER_WORKERS"), each["RUBRIC_THREADS"]) for _, each in sizing.settings(cores)
        ]

    assert pairs(1) == [("1", "1"), (None, "1")]
    assert pairs(2) == [("1", "2"), ("2", "1"), ("2", "2"), (None, "1"), (None, "2")]


def test_serverless_memory_leaves_a_quarter_to_spare() -> None:
    assert [sizing.serverless_memory(peak) for peak in (800, 820, 1700, 5000)] == [1024, 2048, 3072, None]
