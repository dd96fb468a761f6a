"""Tests combinations of the API's settings that are refused, above all a key's share of the functions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.api.limits import AUTHORIZER_SECONDS
from environments.rules.check import check
from environments.sections.api import Api
from environments.settings import Settings, load
from lambda_src.authorizer.limits import SECOND, Limits, Used, day_of, midnight_after
from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused, bedrock

ROOT = Path(__file__).resolve().parents[4]


def changed(**api: object) -> Settings:
    """The dev environment with other settings of the API, not checked yet."""
    settings = load("dev", root=ROOT)
    return settings.model_copy(update={"api": Api(**{**settings.api.model_dump(), **api})})


def refusal(settings: Settings) -> tuple[str, str]:
    problem = check(settings, root=ROOT)
    return ("", "") if problem is None else (".".join(problem.key), problem.allowed)


@pytest.mark.parametrize("env", ["local", "dev", "prod"])
def test_the_shipped_environments_keep_a_key_to_its_share(env: str) -> None:
    api = load(env, root=ROOT).api
    assert held(api, rate=api.default_key_rate, burst=api.default_key_burst) <= 0.25 * api.concurrency
    assert api.default_key_burst >= min(api.default_key_rate, api.throttle_burst)
    assert api.default_key_rate <= api.throttle_rate
    assert api.default_key_burst <= api.throttle_burst


def held(api: Api, *, rate: int, burst: int) -> int:
    """Requests that the authorizer's own limiter lets through while one of them may be checked and answered, at worst:
    over a midnight (UTC).
    """
    limits, midnight = Limits(rate=rate, burst=burst), midnight_after(0)
    begin, end = midnight - 1, midnight - 1 + (AUTHORIZER_SECONDS + api.answer_seconds) * SECOND
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
    assert (api.key_share, api.burst_for(6), api.burst_for(1), api.burst_for(500)) == (250, 12, 2, 1)
    assert api.held(rate=6, burst=14) == 250
    assert changed(concurrency=968).api.burst_for(6) == 10


def test_a_rate_beyond_the_share_is_refused() -> None:
    # 25 % of 1,000 functions, for 8 seconds of the authorizer and 29 of an answer each, and a second's worth twice.
    assert refusal(changed(key_rate=6)) == ("", "")
    key, allowed = refusal(changed(key_rate=7))
    assert key == "api.key_rate" and "use 6 or less" in allowed
    assert "the rate times api.answer_seconds (29) and the authorizer's 8" in allowed
    assert refusal(changed(key_rate=7, concurrency=1_092)) == ("", "")
    assert refusal(changed(key_rate=7, key_concurrency_percent=28)) == ("", "")
    key, allowed = refusal(changed(key_rate=21, concurrency=10_000))
    assert key == "api.key_rate" and "api.throttle_rate (20)" in allowed


def test_an_account_too_small_for_one_request_a_second_is_refused() -> None:
    assert refusal(changed(concurrency=155))[0] == "api.concurrency"
    assert refusal(changed(concurrency=156)) == ("", "")


def test_an_answer_has_time_for_the_model_and_for_a_log_that_fails() -> None:
    key, allowed = refusal(changed(answer_seconds=27))
    assert key == "api.answer_seconds" and "use 28 or more" in allowed


@pytest.mark.parametrize(
    ("api", "rate"),
    [
        ({}, 6),
        ({"answer_seconds": 28}, 6),
        ({"answer_seconds": 13}, 10),
        ({"key_rate": 5}, 5),
        ({"throttle_rate": 5}, 5),
        ({"concurrency": 100_000, "throttle_rate": 900}, 500),
    ],
)
def test_the_default_rate_of_a_key(api: dict[str, int], rate: int) -> None:
    assert changed(**api).api.default_key_rate == rate


REFUSED = [
    (
        "api: {cors_origins: ['*', 'https://a.example']}",
        "api.cors_origins: ['*', 'https://a.example'] is not allowed; * already allows every origin",
    ),
    (
        "api: {trusted_callers: [u-1]}",
        "api.trusted_callers: ['u-1'] is not allowed; it needs api.auth: iam or jwt (now keys); make the keys with "
        "`rubric keys create --trusted`",
    ),
    ("api: {auth: jwt}", "api.jwt: is required; api.auth is jwt: set issuer and audience"),
    (
        "api: {jwt: {issuer: https://i.example, audience: [a]}}",
        "api.jwt: 'https://i.example' is not allowed; it needs api.auth: jwt (now keys)",
    ),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)


@pytest.mark.parametrize(("name", "value"), [("top_k", 5), ("threshold", 0.6)])
def test_a_foundation_model_alone_has_no_probabilities_to_list(load_text: Loader, name: str, value: float) -> None:
    override = {**json.loads(bedrock(backend="bedrock", labels=["A", "B"])), "api": {name: value}}
    assert_refused(
        load_text, json.dumps(override), f"api.{name}: {value} is not allowed; classifier.backend is bedrock"
    )
