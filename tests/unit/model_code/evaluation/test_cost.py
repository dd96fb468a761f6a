"""What a job costs at list price, from SageMaker's variables."""

from __future__ import annotations

import json

import pytest

from model_code.training.evaluation import cost


def test_one_instance_by_its_second() -> None:
    described = cost.describe(1800, {"SM_CURRENT_INSTANCE_TYPE": "ml.g5.xlarge", "SM_HOSTS": '["algo-1"]'})
    assert described["usd"] == pytest.approx(cost.USD_PER_HOUR["ml.g5.xlarge"] / 2, abs=1e-4)
    assert (described["instance_count"], described["seconds"]) == (1, 1800)
    assert "not looked up" in described["note"]


def test_every_instance_is_counted_and_the_resource_config_will_do() -> None:
    config = json.dumps({"current_instance_type": "ml.m5.xlarge", "hosts": ["algo-1", "algo-2", "algo-3"]})
    described = cost.describe(3600, {"SM_RESOURCE_CONFIG": config})
    assert described["instance_type"] == "ml.m5.xlarge"
    assert described["usd"] == pytest.approx(3 * cost.USD_PER_HOUR["ml.m5.xlarge"])


@pytest.mark.parametrize(
    ("environ", "note"),
    [
        ({}, "the instance type is unknown"),
        ({"SM_CURRENT_INSTANCE_TYPE": "ml.new9.huge"}, "there is no price for ml.new9.huge"),
        ({"SM_RESOURCE_CONFIG": "{", "SM_HOSTS": "not json"}, "the instance type is unknown"),
        ({"SM_RESOURCE_CONFIG": "[]", "SM_HOSTS": '"algo-1"'}, "the instance type is unknown"),
    ],
)
def test_unknown_prices_are_not_guessed(environ: dict[str, str], note: str) -> None:
    described = cost.describe(60, environ)
    assert (described["usd"], described["usd_per_hour"], described["instance_count"]) == (None, None, 1)
    assert note in described["note"]
