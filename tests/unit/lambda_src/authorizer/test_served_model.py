"""Tests authorizer/served_model.py: the served model, for answers that no model gave."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from lambda_src.authorizer import handler as authorizer
from lambda_src.authorizer.served_model import KEPT_SECONDS, PAUSE_SECONDS, ServedModel

PARAMETER = "/rubric/dev/approved-model"


def uri(job):
    return f"s3://artifacts/models/{job}/output/model.tar.gz"


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


class Ssm:
    """Counts its calls, and fails on demand."""

    def __init__(self):
        self.inner = boto3.client("ssm")
        self.exceptions = self.inner.exceptions
        self.calls = 0
        self.down = False

    def approve(self, job):
        self.inner.put_parameter(Name=PARAMETER, Value=uri(job), Type="String", Overwrite=True)

    def get_parameter(self, **call):
        self.calls += 1
        if self.down:
            raise EndpointConnectionError(endpoint_url="http://ssm")
        return self.inner.get_parameter(**call)


@pytest.fixture
def ssm(account):
    return Ssm()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def served(ssm, clock, logger):
    return ServedModel(lambda: ssm, parameter=PARAMETER, logger=logger, now=clock)


def test_it_is_read_now_and_then(ssm, clock, served):
    ssm.approve("rubric-dev-1")
    assert [served.version(), served.version()] == ["rubric-dev-1"] * 2
    ssm.approve("rubric-dev-2")
    assert (served.version(), ssm.calls) == ("rubric-dev-1", 1)
    clock.seconds = KEPT_SECONDS
    assert (served.version(), ssm.calls) == ("rubric-dev-2", 2)


def test_without_an_approved_model_there_is_nothing_to_say(served):
    assert served.version() == ""


def test_a_failing_ssm_costs_one_try_in_a_while_and_the_last_name_stays(ssm, clock, served):
    ssm.down = True
    assert [served.version(), served.version()] == ["", ""]
    assert ssm.calls == 1
    ssm.down = False
    ssm.approve("rubric-dev-1")
    clock.seconds = PAUSE_SECONDS
    assert served.version() == "rubric-dev-1"
    ssm.down = True
    clock.seconds += KEPT_SECONDS
    assert served.version() == "rubric-dev-1"


@pytest.mark.parametrize(
    ("settings", "version"),
    [
        ({"APPROVED_MODEL_PARAMETER": PARAMETER}, "rubric-dev-1"),
        ({"MODEL_VERSION": "amazon.nova-micro-v1:0"}, "amazon.nova-micro-v1:0"),
        ({}, ""),
    ],
)
def test_the_authorizer_says_it_of_every_request(ssm, configure, load_event, context, monkeypatch, settings, version):
    ssm.approve("rubric-dev-1")
    for name in ("APPROVED_MODEL_PARAMETER", "MODEL_VERSION"):
        monkeypatch.delenv(name, raising=False)
    limits = {"USAGE_TABLE": "usage", "DEFAULT_RATE": "50", "DEFAULT_BURST": "100"}
    configure(authorizer, API_KEYS_TABLE="keys", ENVIRONMENT="dev", **limits, **settings)
    event = load_event("authorizer")
    event["headers"] = {}
    answer = authorizer.handler(event, context)["context"]
    assert (answer["verdict"], answer["model_version"]) == ("missing", version)
