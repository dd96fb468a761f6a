"""Where always on, scaled to zero and serverless cost the same."""

from __future__ import annotations

import pytest

from ops.cost import assumptions, break_even
from ops.cost.traffic import DAYS, HOURS, MINUTES_A_DAY
from tests.unit.ops.cost import made


def by_name(found: break_even.BreakEven) -> dict[str, break_even.Option]:
    return {each.name: each for each in found.options}


def test_asleep_costs_nothing_and_awake_as_much_as_always_on(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, sagemaker__hosting__ml__c7i__large=0.1, sagemaker__serverless=0.00002)
    options = by_name(break_even.of(made.settings(), made.traffic(0, 1, 1e6)))
    assert options["always on"].usd
    assert options["always on"].usd.low == pytest.approx(0.1 * HOURS)
    zero = options["scaled to zero"].usd
    assert zero
    assert zero.low == 0
    assert zero.expected == pytest.approx(0.1 * HOURS * assumptions.IDLE_MINUTES / MINUTES_A_DAY, rel=0.01)
    assert zero.high == pytest.approx(0.1 * HOURS)


def test_they_cross_where_a_day_of_requests_costs_a_day_of_the_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, sagemaker__hosting__ml__c7i__large=0.1, sagemaker__serverless=0.00002)
    found = break_even.of(made.settings(), made.traffic(1, 1, 1))
    at = 0.1 * HOURS / (assumptions.SERVERLESS_SECONDS.expected * DAYS * 0.00002)
    assert f"Serverless costs as much as always on at {at:,.0f} requests a day." in found.sentences


def test_half_of_always_on_is_reached_when_it_sleeps_half_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, sagemaker__hosting__ml__c7i__large=0.1)
    found = break_even.of(made.settings(), made.traffic(1, 1, 1))
    assert "Scaled to zero, it sleeps half of the time at 67 requests a day, spread at random." in found.sentences


def test_without_serverless_s_price_it_says_up_to_which_price_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, sagemaker__hosting__ml__c7i__large=0.1)
    found = break_even.of(made.settings(), made.traffic(1, 1000, 2000))
    assert by_name(found)["serverless"].usd is None
    most = 0.1 * HOURS / (1000 * DAYS * assumptions.SERVERLESS_SECONDS.expected)
    assert any(f"{most:.8f} USD: its price is unknown here" in each for each in found.sentences)


def test_without_any_price_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch)
    found = break_even.of(made.settings(), made.traffic(1, 1000, 2000))
    assert all(each.usd is None for each in found.options)
    assert not any("USD" in each for each in found.sentences)
