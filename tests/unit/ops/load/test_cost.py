"""Tests the highest cost of a load test."""

from environments.settings import load as load_settings
from ops.load import cost
from tests.unit.ops.conftest import ROOT


def test_the_warning_says_what_it_costs_at_most():
    dev = load_settings("dev", root=ROOT)
    message = cost.warning(dev, through_api=True, seconds=600)
    assert (
        "at most 12,040 requests through, about 0.08 USD" in message and "10 % of the requests are captured" in message
    )
    prod = load_settings("prod", root=ROOT)
    assert "may scale from 2 to 6 × ml.c7i.xlarge" in cost.warning(prod, through_api=False, seconds=60)
