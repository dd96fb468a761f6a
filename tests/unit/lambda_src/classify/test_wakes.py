"""Tests classify/wakes.py on a table of moto."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from contracts.serving import wakes as contract
from lambda_src.classify.wakes import Wakes
from lambda_src.common import dynamodb
from lambda_src.pipeline.promote.wakes import Look
from lambda_src.pipeline.promote.wakes import Wakes as Measured

TABLE = "requests"
KEY = dynamodb.item({"request_id": contract.ITEM_ID, "position": contract.POSITION})


class SageMaker:
    """A component with so many copies."""

    copies = 0

    def describe_inference_component(self, InferenceComponentName):
        if InferenceComponentName != "c":
            raise ClientError({"Error": {"Code": "ValidationException"}}, "DescribeInferenceComponent")
        return {
            "Specification": {"ModelName": "m"},
            "InferenceComponentStatus": "InService",
            "RuntimeConfig": {"CurrentCopyCount": self.copies},
        }


class AutoScaling:
    """A target that may have so many copies."""

    most = 1

    def describe_scalable_targets(self, **_):
        return {"ScalableTargets": [{"MaxCapacity": self.most}]}


class World:
    """Callers, and the look each minute, around one table and one clock."""

    def __init__(self, client, logger):
        self.now = 1_000_000.0
        self.client = client
        self.sagemaker, self.autoscaling = SageMaker(), AutoScaling()
        self.callers = Wakes(client, table=TABLE, logger=logger, now=lambda: self.now)
        self.looks = Measured(client, self.sagemaker, self.autoscaling, table=TABLE, component="c")

    def wake(self, seconds):
        """A sleep that a request ends, seen after `seconds`."""
        self.sagemaker.copies = 0
        self.callers.retry_after()
        self.now += seconds
        self.sagemaker.copies = 1
        return self.looks.look(now=self.now)

    def item(self):
        return dynamodb.plain(self.client.get_item(TableName=TABLE, Key=KEY).get("Item", {}))


@pytest.fixture
def world(account, logger):
    client = boto3.client("dynamodb")
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "request_id", "KeyType": "HASH"},
            {"AttributeName": "position", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "request_id", "AttributeType": "S"},
            {"AttributeName": "position", "AttributeType": "N"},
        ],
    )
    return World(client, logger)


def test_the_first_request_begins_a_wake_and_the_others_wait_for_its_end(world):
    assert world.callers.retry_after() == contract.DEFAULT_SECONDS
    began = world.now
    world.now += 40
    assert world.callers.retry_after() == contract.DEFAULT_SECONDS - 40
    assert world.item()[contract.ASLEEP_AT] == began


def test_a_wake_is_measured_from_the_first_request_to_a_copy(world):
    assert world.wake(200) == Look(1, woke_after=200.0)
    assert world.wake(300) == Look(1, woke_after=300.0)
    world.sagemaker.copies = 0
    assert world.callers.retry_after() == 250
    assert world.item()[contract.WAKES] == [200.0, 300.0]


def test_only_the_last_five_are_kept(world):
    for seconds in (1000, 10, 20, 30, 40, 50):
        world.wake(seconds)
    assert world.item()[contract.WAKES] == [10.0, 20.0, 30.0, 40.0, 50.0]
    assert contract.ASLEEP_AT not in world.item()


def test_a_beginning_whose_end_nobody_saw_measures_nothing(world):
    world.callers.retry_after()
    world.now += contract.LONGEST_SECONDS + 1
    assert world.callers.retry_after() == contract.DEFAULT_SECONDS
    assert world.item()[contract.ASLEEP_AT] == world.now
    world.now += contract.LONGEST_SECONDS + 1
    world.sagemaker.copies = 1
    assert world.looks.look(now=world.now) == Look(1)
    assert contract.ASLEEP_AT not in world.item()


def test_a_wake_that_goes_on_is_seen_and_a_sleep_that_nobody_disturbs_is_not(world):
    assert world.looks.look(now=world.now) == Look(0)
    world.callers.retry_after()
    assert world.looks.look(now=world.now + 60) == Look(0, waking=60.0)


def test_a_model_that_the_schedule_keeps_asleep_is_not_waited_for(world):
    world.callers.retry_after()
    world.autoscaling.most = 0
    assert world.looks.look(now=world.now + 60) == Look(0)


def test_there_may_be_no_component_yet(world):
    looks = Measured(world.client, world.sagemaker, None, table=TABLE, component="other")
    assert looks.look(now=world.now) == Look()


def test_without_the_table_the_default_holds(account, logger):
    assert Wakes(boto3.client("dynamodb"), table="none", logger=logger).retry_after() == contract.DEFAULT_SECONDS
