"""Every price says what it is of and where that can be read."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

import pytest

from contracts.prices import price, snapshot, units


def test_every_price_has_a_unit_a_dated_source_and_an_amount() -> None:
    for region, prices in snapshot.PRICES.items():
        for key in prices:
            found = price.of(key, region=region)
            assert found
            assert found.usd > 0
            assert found.unit
            assert found.date <= price.taken()
            assert urlsplit(found.url).scheme == "https"
            assert found.source


def test_every_source_is_named_by_a_price() -> None:
    named = {name for prices in snapshot.PRICES.values() for _, name in prices.values()}
    assert named == snapshot.SOURCES.keys()


def test_a_price_that_is_not_there_is_unknown_and_not_nothing() -> None:
    assert price.of("sagemaker.hosting.ml.new9.huge", region="us-east-1") is None
    assert price.of("lambda.requests", region="mars-north-1") is None


def test_a_name_that_is_no_price_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        price.of("lambda.requets", region="us-east-1")


def test_instances_are_paid_for_by_the_hour() -> None:
    assert units.of("sagemaker.training.ml.g5.xlarge") == "hour"
    assert units.of("dynamodb.writes") == "write unit"


def test_a_snapshot_is_used_for_a_year() -> None:
    taken = price.taken()
    assert price.too_old(taken + dt.timedelta(days=365)) is None
    sentence = price.too_old(taken + dt.timedelta(days=366))
    assert sentence == f"The prices are of {taken}, more than a year ago: renew them (make prices)"


def test_a_price_is_old_after_a_year() -> None:
    found = price.of("lambda.requests", region="us-east-1")
    assert found
    assert not found.old(found.date + dt.timedelta(days=365))
    assert found.old(found.date + dt.timedelta(days=366))
