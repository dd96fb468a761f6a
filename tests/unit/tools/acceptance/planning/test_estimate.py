"""Tests the estimates of a run's duration and cost."""

import pytest

from environments.sections.network import Network
from environments.settings import load
from tests.unit.tools.acceptance.conftest import ROOT
from tools.acceptance import main
from tools.acceptance.planning import estimate
from tools.acceptance.planning.prices import Price

HOST, TRAIN = Price(0.5, "test"), Price(2.0, "test")


def test_the_estimate_grows_with_what_is_held() -> None:
    settings, steps = load("prod", root=ROOT), list(main.ORDER)
    known = estimate.rates(settings, host=HOST, trainer=TRAIN)
    assert known == estimate.Rates(endpoint=0.5 * 6, training=2.0, batch=0.5)  # six instances at most
    cost = estimate.dollars(settings, steps, known)
    assert cost is not None and cost > estimate.dollars(settings, steps[:3], known)  # type: ignore[operator]
    assert known.of("promotion") == pytest.approx(2 * 3 + 2) and known.of("count") == 0
    unknown = estimate.rates(settings, host=Price(None, "unknown"), trainer=TRAIN)
    assert estimate.dollars(settings, steps, unknown) is None
    assert set(estimate.MINUTES) == set(steps)
    longest = settings.training.max_runtime_minutes
    assert estimate.minutes(settings, steps, local=False) == sum(estimate.MINUTES.values()) + 2 * longest


def test_in_a_vpc_the_destroy_waits_for_interfaces() -> None:
    settings = load("dev", root=ROOT)
    inside = settings.model_copy(update={"network": Network(mode="private")})
    assert estimate.at_the_end(settings) == 22
    assert estimate.at_the_end(inside) == 82
    assert estimate.of_step(inside, "key") == estimate.of_step(settings, "key")
