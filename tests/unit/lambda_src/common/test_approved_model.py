"""Tests common/approved_model.py: what is reused, for how long, and what is not."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lambda_src.common.approved_model import ApprovedModel

TTL = 10.0


class Ssm:
    """Counts its calls, and fails on demand."""

    def __init__(self):
        self.inner = boto3.client("ssm")
        self.exceptions = self.inner.exceptions
        self.calls = 0
        self.down = False

    def get_parameter(self, **call):
        self.calls += 1
        if self.down:
            raise EndpointConnectionError(endpoint_url="http://ssm")
        return self.inner.get_parameter(**call)


class World:
    """The parameter, the bucket, a clock, and the object that looks them up."""

    def __init__(self):
        self.seconds = 0.0
        self.ssm, self.s3 = Ssm(), boto3.client("s3")
        self.s3.create_bucket(Bucket="artifacts")
        self.model = ApprovedModel(
            lambda: self.ssm, lambda: self.s3, parameter="/p", bucket="artifacts", ttl=TTL, now=lambda: self.seconds
        )

    def approve(self, version):
        uri = f"s3://artifacts/models/{version}/output/model.tar.gz"
        self.ssm.inner.put_parameter(Name="/p", Value=uri, Type="String", Overwrite=True)

    def write(self, version, body):
        self.s3.put_object(Bucket="artifacts", Key=f"models/{version}/evaluation.json", Body=body)


@pytest.fixture
def world(account):
    return World()


def test_a_version_is_reused_for_its_time(world):
    world.approve("one")
    assert [world.model.version(), world.model.version()] == ["one", "one"]
    world.approve("two")
    world.seconds = TTL - 0.1
    assert (world.model.version(), world.ssm.calls) == ("one", 1)
    world.seconds = TTL
    assert (world.model.version(), world.ssm.calls) == ("two", 2)


def test_that_no_model_is_approved_yet_is_looked_up_each_time(world):
    assert (world.model.version(), world.model.evaluation()) == ("", None)
    world.approve("one")
    assert world.model.version() == "one"


def test_a_failure_is_raised_each_time_and_leaves_the_last_version_known(world):
    world.approve("one")
    world.model.version()
    world.ssm.down, world.seconds = True, TTL
    for _ in range(2):
        with pytest.raises(EndpointConnectionError):
            world.model.version()
    assert (world.model.last_version, world.ssm.calls) == ("one", 3)


def test_an_evaluation_is_that_of_the_version_and_is_reused_as_long(world):
    world.approve("one")
    world.write("one", json.dumps({"accuracy": 0.9}))
    found = world.model.evaluation()
    assert (found.version, found.document) == ("one", {"accuracy": 0.9})
    assert found.recorded.endswith("Z") and len(found.recorded) == 20
    world.write("one", json.dumps({"accuracy": 0.1}))
    assert world.model.evaluation() is found
    world.approve("two")
    world.write("two", json.dumps({"accuracy": 0.95}))
    world.seconds = TTL
    assert world.model.evaluation().document == {"accuracy": 0.95}


def test_an_evaluation_that_cannot_be_read_is_tried_again(world):
    world.approve("one")
    with pytest.raises(ClientError):
        world.model.evaluation()
    for document, why in (("not json", "Expecting value"), ("[" * 100_000, "nested too deeply")):
        world.write("one", document)
        with pytest.raises(ValueError, match=why):
            world.model.evaluation()
    world.write("one", "{}")
    assert world.model.evaluation().document == {}
