"""A report's evidence over time stays short."""

from __future__ import annotations

import pytest

from contracts.deployment import buckets
from contracts.logs import drift_report


@pytest.mark.parametrize("count", [0, 1, 200, 201, 202, 1000, 12_345])
def test_the_points_of_a_stream_are_few_and_end_with_the_newest(count: int) -> None:
    points = [(f"2026-11-20T00:00:00.{n:05d}Z", n, 0.5) for n in range(count)]
    kept = drift_report.thinned(points)
    assert len(kept) <= drift_report.MOST_POINTS and kept == sorted(kept)
    assert kept[-1:] == points[-1:] and set(kept) <= set(points)
    assert count <= 200 or len(kept) >= 100


def test_a_report_has_a_key_of_its_own_for_each_model() -> None:
    assert buckets.drift_report("job-1") == "drift/job-1/report.json" != buckets.DRIFT_STATE
