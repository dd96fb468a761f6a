"""Tests the highest cost of a load test."""

from __future__ import annotations

import pytest

from contracts.prices import snapshot
from environments.settings import Settings
from environments.settings import load as load_settings
from ops.load import cost
from tests.unit.ops.conftest import ROOT
from tests.unit.ops.cost import made

PRICES = {
    "apigateway__http_requests": 1e-6,
    "lambda__requests": 2e-7,
    "lambda__duration_arm": 1e-5,
    "dynamodb__writes": 6e-7,
    "cloudwatch__logs_ingested": 0.5,
    "sagemaker__hosting__ml__c7i__xlarge": 0.36,
}


@pytest.fixture(scope="module")
def dev() -> Settings:
    return load_settings("dev", root=ROOT)


def test_the_warning_says_what_it_costs_at_most(dev: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, **PRICES)
    each = 1e-6 + 4e-7 + (0.02 * 0.5 + 0.08) * 1e-5 + 5 * 6e-7 + 3 * 1.3e-6 * 0.5
    message = cost.warning(dev, through_api=True, seconds=600)
    assert f"at most 12,040 requests through, about {12_040 * each:.2f} USD for" in message
    assert "10 % of the requests are captured" in message
    assert cost.most(dev, through_api=True, seconds=600).usd == pytest.approx(12_040 * each)


def test_instances_that_scaling_adds_are_counted_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, **PRICES)
    prod = load_settings("prod", root=ROOT)
    found = cost.most(prod, through_api=False, seconds=600)
    assert found.usd == pytest.approx(4 * 600 / 3600 * 0.36)
    assert "may scale from 2 to 6 × ml.c7i.xlarge" in found.sentences[0]


def test_of_a_model_that_sleeps_the_first_instance_counts_too(dev: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, **PRICES)
    for most in (1, 3):
        capacity = {"instance_type": "ml.c7i.xlarge", "min_instances": 0, "max_instances": most}
        asleep = dev.model_copy(update={"serving": dev.serving.model_copy(update=capacity)})
        found = cost.most(asleep, through_api=False, seconds=600)
        assert found.usd == pytest.approx(most * 600 / 3600 * 0.36)
        assert f"may scale from 0 to {most} × ml.c7i.xlarge" in found.sentences[0]


def test_an_unknown_price_is_said_and_makes_the_whole_unknown(dev: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "PRICES", {})
    found = cost.most(dev, through_api=True, seconds=60)
    assert found.usd is None
    assert "and what is unknown (apigateway.http_requests, lambda.requests" in found.sentences[0]
