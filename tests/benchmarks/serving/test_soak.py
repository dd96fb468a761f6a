"""Tests the soak test's arithmetic, and runs a short soak on a small model."""

from __future__ import annotations

import json

import pytest

from benchmarks.serving import soak
from tests.unit.model_code.conftest import Job
from tools.containers import start_lean


def test_memory_is_compared_after_the_start_has_settled() -> None:
    assert soak.growth([50.0] * 10 + [100.0] * 40) == (100.0, 100.0)
    assert soak.growth([100.0 + minute for minute in range(100)]) == (129.5, 189.5)


def test_one_request_in_twenty_is_a_list() -> None:
    asked = [json.loads(body)["inputs"] for body in soak.bodies([f"text {number}" for number in range(2000)])]
    lists = [inputs for inputs in asked if isinstance(inputs, list)]
    assert {len(inputs) for inputs in lists} == {16}
    assert 0 < len(lists) <= len(asked) / 20


def test_a_short_soak_has_no_errors(trained: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "SATURATION_SECONDS", 0.5)
    monkeypatch.setattr(soak, "WARM_UP_SECONDS", 0.2)
    monkeypatch.setattr(soak, "SAMPLE_SECONDS", 0.1)
    with start_lean(trained.model, environ={"RUBRIC_ACCESS_LOG": "off"}) as container:
        container.wait_ready()
        summary = soak.soak(container, [f"a headline about {number}" for number in range(400)], minutes=0.03, share=0.3)
    assert summary["errors"] == 0
    assert summary["requests"] > 10
    assert summary["p99_ms"] >= summary["p50_ms"] > 0
    assert summary["memory_peak_mb"] >= summary["memory_late_mb"] > 10
