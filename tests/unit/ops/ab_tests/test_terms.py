from __future__ import annotations

from typing import Any

import pytest

from contracts.prices import snapshot
from environments.settings import Settings, load
from ops.ab_tests.terms import Terms
from ops.deployment.cloud import ROOT


@pytest.fixture(scope="module")
def dev() -> Settings:
    return load("dev", root=ROOT)


def _settings(dev: Settings, **tests: Any) -> Settings:
    return dev.model_copy(update={"ab_tests": dev.ab_tests.model_copy(update=tests)})


def _terms(**changes: Any) -> Terms:
    usual = {"version": "new", "mode": "live", "goal": "better", "labels": 300, "days": 14.0, "texts": 20_000}
    return Terms(**{**usual, "share": 0.1, **changes})


def test_a_live_test_with_a_price(dev: Settings) -> None:
    settings = _settings(dev, hourly_price=0.25, challenger_instances=1)
    what, decision, length, price = _terms().sentences(settings)
    assert what == "new answers 10 % of the texts; where it fails or is slow, the champion does."
    assert "it is better, or worse; of tests without a difference, at most 5 % show one." in decision
    assert length == "It asks for at most 300 labels and ends after 14 days at the latest."
    assert price.startswith("Price: at most $84.00 (1 x ") and "$0.25 an hour, 14 days" in price


def test_a_price_that_is_not_known_is_no_nothing(dev: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "PRICES", {})
    assert "Price: unknown" in _terms().sentences(_settings(dev, hourly_price=None))[3]


def test_without_a_setting_the_list_price_counts(dev: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "SOURCES", {"a": ("a", "https://example.org", "2026-11-01")})
    monkeypatch.setattr(snapshot, "PRICES", {"us-east-1": {"sagemaker.hosting.ml.c7i.large": (0.5, "a")}})
    price = _terms().sentences(_settings(dev, hourly_price=None, challenger_instances=2))[3]
    assert price == "Price: at most $336.00 (2 x ml.c7i.large, $1 an hour, 14 days)."


def test_a_replay(dev: Settings) -> None:
    what, _, length, price = _terms(mode="replay", days=0.125).sentences(
        _settings(dev, replay_instance_type="ml.c7i.large")
    )
    assert what == "new classifies the 20,000 newest logged texts in a batch job; nobody is served by it."
    assert length.endswith("ends after 3 hours at the latest.")
    assert price.startswith("Price: one ml.c7i.large while the job classifies")


def test_thompson_sampling_and_keys(dev: Settings) -> None:
    settings = _settings(dev, allocation="thompson", least_share=0.05, most_share=0.5, unit="key")
    assert "answers 10 % of the API keys (5 to 50 % once there are labels)" in _terms().sentences(settings)[0]


def test_not_worse_names_the_margin(dev: Settings) -> None:
    assert "not worse by more than 1 points" in _terms(goal="not-worse").sentences(_settings(dev, margin=0.01))[1]
