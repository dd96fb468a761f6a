"""One key's share of the functions that an account may run: settings beyond it are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments import rules
from environments.api import Api
from environments.settings import Settings, load

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
    assert api.default_key_rate * api.answer_seconds <= 0.25 * api.concurrency
    assert api.default_key_rate <= api.throttle_rate
    assert api.default_key_burst <= api.throttle_burst


def test_a_rate_beyond_the_share_is_refused() -> None:
    # 25 % of 1,000 functions for 29 seconds each.
    assert refusal(changed(key_rate=8)) == ("", "")
    key, allowed = refusal(changed(key_rate=9))
    assert key == "api.key_rate" and "use 8 or less" in allowed
    assert refusal(changed(key_rate=9, concurrency=1_044)) == ("", "")
    assert refusal(changed(key_rate=9, key_concurrency_percent=27)) == ("", "")
    key, allowed = refusal(changed(key_rate=21, concurrency=10_000))
    assert key == "api.key_rate" and "api.throttle_rate (20)" in allowed


def test_an_account_too_small_for_one_request_a_second_is_refused() -> None:
    assert refusal(changed(concurrency=115))[0] == "api.concurrency"
    assert refusal(changed(concurrency=116)) == ("", "")


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
