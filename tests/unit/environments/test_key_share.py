"""One key's share of the functions that an account may run: settings beyond it are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments import rules
from environments.api import Api
from environments.settings import Settings, load
from lambda_src.authorizer.limits import SECOND, Limits, Used, day_of, midnight_after

ROOT = Path(__file__).resolve().parents[3]


def changed(**api: object) -> Settings:
    """The dev environment with other settings of the API, not checked yet."""
    settings = load("dev", root=ROOT)
    return settings.model_copy(update={"api": Api(**{**settings.api.model_dump(), **api})})


def refusal(settings: Settings) -> tuple[str, str]:
    problem = rules.check(settings, root=ROOT)
    return ("", "") if problem is None else (".".join(problem.key), problem.allowed)


@pytest.mark.parametrize("env", ["local", "dev", "prod"])
def test_the_shipped_environments_keep_a_key_to_its_share(env: str) -> None:
    api = load(env, root=ROOT).api
    assert held(api, rate=api.default_key_rate, burst=api.default_key_burst) <= 0.25 * api.concurrency
    assert api.default_key_burst >= min(api.default_key_rate, api.throttle_burst)
    assert api.default_key_rate <= api.throttle_rate
    assert api.default_key_burst <= api.throttle_burst


def held(api: Api, *, rate: int, burst: int) -> int:
    """Requests that the authorizer's own limiter lets through in one answer's time, at worst: over a midnight (UTC)."""
    limits, midnight = Limits(rate=rate, burst=burst), midnight_after(0)
    begin, end = midnight - 1, midnight - 1 + api.answer_seconds * SECOND
    used, now, count = Used(day_of(begin)), begin, 0
    while now < end:
        if used.day != day_of(now):
            used = Used(day_of(now))
        if limits.refuses(used, now=now) == "ok":
            used, count = limits.after(used, now=now), count + 1
        else:
            next_one = used.full_at - (limits.burst - 1) * limits.interval
            now = midnight if now < midnight < next_one else next_one
    return count


@pytest.mark.parametrize(("rate", "burst"), [(1, 1), (8, 9), (7, 40), (161, 165), (300, 1), (499, 5000)])
@pytest.mark.parametrize("seconds", [13, 29])
def test_what_a_key_holds_is_what_the_limiter_lets_through(rate: int, burst: int, seconds: int) -> None:
    api = changed(answer_seconds=seconds).api
    assert 0 <= api.held(rate=rate, burst=burst) - held(api, rate=rate, burst=burst) <= 1


def test_a_burst_is_what_the_share_leaves() -> None:
    api = changed().api
    assert (api.key_share, api.burst_for(8), api.burst_for(1), api.burst_for(500)) == (250, 9, 2, 1)
    assert api.held(rate=8, burst=9) == 250


def test_a_rate_beyond_the_share_is_refused() -> None:
    # 25 % of 1,000 functions for 29 seconds each, and a second's worth twice.
    assert refusal(changed(key_rate=8)) == ("", "")
    key, allowed = refusal(changed(key_rate=9))
    assert key == "api.key_rate" and "use 8 or less" in allowed
    assert refusal(changed(key_rate=9, concurrency=1_116)) == ("", "")
    assert refusal(changed(key_rate=9, key_concurrency_percent=28)) == ("", "")
    key, allowed = refusal(changed(key_rate=21, concurrency=10_000))
    assert key == "api.key_rate" and "api.throttle_rate (20)" in allowed


def test_an_account_too_small_for_one_request_a_second_is_refused() -> None:
    assert refusal(changed(concurrency=123))[0] == "api.concurrency"
    assert refusal(changed(concurrency=124)) == ("", "")


def test_an_answer_has_time_for_the_model_and_for_a_log_that_fails() -> None:
    key, allowed = refusal(changed(answer_seconds=27))
    assert key == "api.answer_seconds" and "use 28 or more" in allowed


@pytest.mark.parametrize(
    ("api", "rate"),
    [
        ({}, 8),
        ({"answer_seconds": 28}, 8),
        ({"key_rate": 5}, 5),
        ({"throttle_rate": 7}, 7),
        ({"concurrency": 100_000, "throttle_rate": 900}, 500),
    ],
)
def test_the_default_rate_of_a_key(api: dict[str, int], rate: int) -> None:
    assert changed(**api).api.default_key_rate == rate
