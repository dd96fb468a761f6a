"""contracts/serving/wakes.py says when a model that sleeps will answer."""

from __future__ import annotations

from contracts.serving import wakes


def test_before_the_first_wake_the_default_holds() -> None:
    assert wakes.expected_seconds([]) == wakes.retry_after([], waited=0) == wakes.DEFAULT_SECONDS


def test_a_caller_waits_for_the_rest_of_a_usual_wake() -> None:
    last = [200.0, 400.0, 210.0, 190.0, 205.0]
    assert wakes.expected_seconds(last) == 205
    assert wakes.retry_after(last, waited=100) == 105
    assert wakes.retry_after(last, waited=500) == wakes.LEAST_SECONDS


def test_the_last_five_count() -> None:
    kept: list[float] = []
    for seconds in (9000.0, 1.0, 2.0, 3.0, 4.0, 5.04):
        kept = wakes.with_another(kept, seconds)
    assert kept == [1.0, 2.0, 3.0, 4.0, 5.0]
