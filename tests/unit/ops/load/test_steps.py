"""Tests the choice of the next step, and of the knee."""

import pytest

from ops.load.steps import Step, knee, measured, next_users, planned, reasons, verdict


def step(users: int, *, per_second: float, p95: float | None = 20.0, failed: int = 0) -> Step:
    errors = {"429 Too many requests": failed} if failed else {}
    return Step(users=users, seconds=10, answered=int(per_second * 10), p50_ms=10, p95_ms=p95, p99_ms=30, errors=errors)


def ramp(capacity: float, *, users: int = 50, p95_ms: float = 500, seconds_each: float = 0.01) -> list[Step]:
    """The steps of a ramp on a server that answers `capacity` requests a second, each in `seconds_each` when idle."""
    steps: list[Step] = []
    while (count := next_users(steps, users=users, p95_ms=p95_ms, ramp=True)) is not None:
        rate = min(capacity, count / seconds_each)
        steps.append(step(count, per_second=rate, p95=1000 * count / rate))
    return steps


def test_a_ramp_doubles_until_the_limit_is_passed_and_then_looks_between():
    steps = ramp(800, p95_ms=12)
    assert [each.users for each in steps] == [1, 2, 4, 8, 16, 11, 9]
    best = knee(steps, p95_ms=12)
    assert best is not None and best.users == 8 and best.throughput == 800  # 9 get no more, and wait longer
    assert verdict(steps, p95_ms=12, users=50) == "With 11 users, the 95th percentile is 14 ms, over 12 ms."


def test_a_ramp_ends_when_more_users_bring_no_more():
    steps = ramp(400, users=1000, p95_ms=5000)
    assert [each.users for each in steps] == [1, 2, 4, 8, 16]
    assert verdict(steps, p95_ms=5000, users=1000) == "It is saturated: more users do not raise the throughput."


def test_a_ramp_that_finds_no_limit_ends_at_the_last_user_and_says_so():
    steps = ramp(1e6, users=50)
    assert [each.users for each in steps] == [1, 2, 4, 8, 16, 32, 50]
    assert "50 users do not saturate it: raise --users" in verdict(steps, p95_ms=500, users=50)


@pytest.mark.parametrize("users", [1, 2, 3, 50, 64, 1000])
@pytest.mark.parametrize("capacity", [0.5, 30, 1e6])
def test_a_ramp_never_takes_more_steps_than_planned(users, capacity):
    assert 1 <= len(ramp(capacity, users=users)) <= planned(users, ramp=True)


def test_a_ramp_ends_at_once_when_one_user_is_too_many():
    assert [each.users for each in ramp(1, p95_ms=500)] == [1]


def test_a_steady_load_is_one_step():
    assert next_users([], users=8, p95_ms=500, ramp=False) == 8
    assert next_users([step(8, per_second=1)], users=8, p95_ms=500, ramp=False) is None


def test_the_knee_is_the_most_within_the_limits():
    steps = [
        step(1, per_second=50),
        step(2, per_second=98),
        step(4, per_second=99),
        step(8, per_second=150, failed=30),
        step(16, per_second=160, p95=501),
    ]
    best = knee(steps, p95_ms=500)
    assert best is not None and best.users == 2
    assert knee([step(1, per_second=5, p95=501), step(1, per_second=0, p95=None, failed=3)], p95_ms=500) is None
    message = verdict(steps[:4], p95_ms=500, users=50)
    assert message == "With 8 users, 2.0% of the requests fail: 429 Too many requests (30)."


def test_percentiles_are_of_what_was_answered():
    times = list(range(100, 0, -1))
    got = measured(users=3, seconds=4, times=times, errors={"503": 25}, cpu=0.2)
    assert (got.p50_ms, got.p95_ms, got.p99_ms, got.throughput, got.error_share) == (50, 95, 99, 25, 0.2)
    stuck = measured(users=3, seconds=4, times=times, errors={}, cpu=0.2, waiting=[4000.0] * 10)
    assert stuck.answered == 100 and stuck.p50_ms == 55 and stuck.p95_ms == 4000
    nothing = measured(users=3, seconds=4, times=[], errors={"503": 2}, cpu=0.2)
    assert nothing.p95_ms is None and nothing.error_share == 1 and reasons(nothing) == "503 (2)"
