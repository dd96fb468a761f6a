"""What a job costs at list price, from SageMaker's variables."""

from __future__ import annotations

import json

import pytest

from contracts.prices import snapshot
from model_code.training.evaluation import cost

ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/job"


@pytest.fixture(autouse=True)
def priced(monkeypatch: pytest.MonkeyPatch) -> None:
    prices = {"sagemaker.training.ml.g5.xlarge": (2.0, "test"), "sagemaker.training.ml.m5.xlarge": (0.25, "test")}
    monkeypatch.setattr(snapshot, "PRICES", {"us-east-1": prices})
    monkeypatch.setattr(snapshot, "SOURCES", {"test": ("a price list", "https://example.org", "2026-11-01")})


def test_one_instance_by_its_second() -> None:
    environ = {"SM_CURRENT_INSTANCE_TYPE": "ml.g5.xlarge", "SM_HOSTS": '["algo-1"]', "TRAINING_JOB_ARN": ARN}
    described = cost.describe(1800, environ)
    assert (described["usd_per_hour"], described["usd"]) == (2.0, 1.0)
    assert (described["instance_count"], described["seconds"]) == (1, 1800)
    assert described["note"].startswith("the list price of 2026-11-01, on demand in us-east-1 (a price list); ")


def test_every_instance_is_counted_and_the_resource_config_will_do() -> None:
    config = json.dumps({"current_instance_type": "ml.m5.xlarge", "hosts": ["algo-1", "algo-2", "algo-3"]})
    described = cost.describe(3600, {"SM_RESOURCE_CONFIG": config, "TRAINING_JOB_ARN": ARN})
    assert described["instance_type"] == "ml.m5.xlarge"
    assert described["usd"] == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("environ", "note"),
    [
        ({}, "the instance type is unknown"),
        ({"SM_CURRENT_INSTANCE_TYPE": "ml.new9.huge"}, "there is no dated price for ml.new9.huge in this region"),
        (
            {"SM_CURRENT_INSTANCE_TYPE": "ml.g5.xlarge", "TRAINING_JOB_ARN": ARN.replace("us-east-1", "eu-west-3")},
            "there is no dated price for ml.g5.xlarge in eu-west-3",
        ),
        ({"SM_RESOURCE_CONFIG": "{", "SM_HOSTS": "not json"}, "the instance type is unknown"),
        ({"SM_RESOURCE_CONFIG": "[]", "SM_HOSTS": '"algo-1"'}, "the instance type is unknown"),
    ],
)
def test_unknown_prices_are_not_guessed(environ: dict[str, str], note: str) -> None:
    described = cost.describe(60, environ)
    assert (described["usd"], described["usd_per_hour"], described["instance_count"]) == (None, None, 1)
    assert note in described["note"]
