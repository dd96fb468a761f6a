"""Tests the throughput that a server sustains, and the autoscaling target that follows."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.serving.servers import saturation


def test_saturation_is_the_highest_rate_that_a_server_keeps_up_with() -> None:
    asked = []

    def ask(rate: float) -> dict[str, Any]:
        asked.append(rate)
        return {
            "statuses": {"200": 9},
            "p95_ms": 5.0 if rate <= 80 else 500.0,
            "requests_per_s": rate,
            "due_per_s": rate,
        }

    assert saturation.find(ask, throughput=100.0, steps=8) == pytest.approx(80, abs=1)
    assert len(asked) == 8
    assert saturation.find(lambda rate: {**ask(rate), "statuses": {"503": 1}}, throughput=100.0, steps=3) == 0


@pytest.mark.parametrize(
    "spoilt", [{"statuses": {"200": 9, "503": 1}}, {"p95_ms": 101.0}, {"p95_ms": None}, {"requests_per_s": 90.0}]
)
def test_what_a_server_does_not_sustain(spoilt: dict[str, Any]) -> None:
    good = {"statuses": {"200": 9}, "p95_ms": 99.0, "requests_per_s": 99.0, "due_per_s": 100.0}
    assert saturation.sustained(good)
    assert not saturation.sustained({**good, **spoilt})


def test_the_autoscaling_target_is_half_of_saturation_a_minute_scaled_to_the_instance() -> None:
    assert saturation.target_invocations(101.0, cores=2, vcpus=2) == 3000
    assert saturation.target_invocations(101.0, cores=2, vcpus=4) == 6000
