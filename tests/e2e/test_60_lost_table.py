"""If the request log's table goes and returns, requests are still answered and no log item is lost."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.cloud import Cloud, wait_for
from tests.e2e.test_20_api import HEADLINE

KEPT = ("TableName", "KeySchema", "AttributeDefinitions")
INDEX_KEPT = ("IndexName", "KeySchema", "Projection")
SEED = 11


class LogTable:
    """The deployed request log's table, which a test may remove and restore."""

    def __init__(self, cloud: Cloud) -> None:
        self._dynamodb = cloud.client("dynamodb")
        self.name = cloud.outputs("Data")["RequestLogTableName"]
        described = self._dynamodb.describe_table(TableName=self.name)["Table"]
        self._made: dict[str, Any] = {name: described[name] for name in KEPT}
        indexes = [{name: one[name] for name in INDEX_KEPT} for one in described.get("GlobalSecondaryIndexes", [])]
        self._made |= {"BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": indexes}
        self._kept: list[dict[str, Any]] = []
        self.there = True

    def take(self) -> None:
        self._kept = self.items()
        self._dynamodb.delete_table(TableName=self.name)
        self.there = False

    def put_back(self) -> None:
        self._dynamodb.create_table(**self._made)
        for item in self._kept:
            self._dynamodb.put_item(TableName=self.name, Item=item)
        self.there = True

    def items(self) -> list[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self.name)
        return [item for page in pages for item in page["Items"]]

    def of(self, requests: set[str]) -> list[tuple[str, str]]:
        """(request id, text) of the items of some requests, in order."""
        results = [(item["request_id"]["S"], item["text"]["S"]) for item in self.items() if "text" in item]
        return sorted(one for one in results if one[0] in requests)


@pytest.fixture(scope="module")
def table(deployed: Cloud) -> Iterator[LogTable]:
    made = LogTable(deployed)
    yield made
    if not made.there:
        made.put_back()


def waiting(cloud: Cloud) -> int:
    """Messages in the dead-letter queue, those that are being tried included."""
    queues = cloud.client("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = [
        int(value)
        for url in queues.list_queues(QueueNamePrefix=cloud.stack("Api")).get("QueueUrls", [])
        for value in queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()
    ]
    return sum(counts)


def test_an_item_that_cannot_be_logged_waits_in_the_dead_letter_queue(deployed: Cloud, table: LogTable) -> None:
    table.take()
    with deployed.api() as api:
        answer = api.post("v1/classify", json={"inputs": HEADLINE})
    assert answer.status_code == 200, answer.text
    assert waiting(deployed) == 1


def test_the_alarm_for_it_goes_off(deployed: Cloud) -> None:
    cloudwatch = deployed.client("cloudwatch")

    def alarming() -> bool:
        alarms = cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]
        return any(alarm["Namespace"] in ("Rubric", "AWS/SQS") for alarm in alarms)

    wait_for("the log-write alarm", alarming, timeout=90)


def test_it_arrives_once_the_table_is_back_and_so_does_every_other(deployed: Cloud, table: LogTable) -> None:
    """The table comes and goes at random points between requests; in the end every text is there, once."""
    chance = random.Random(SEED)
    expected: list[tuple[str, str]] = []
    with deployed.api() as api:
        for number in range(40):
            if chance.random() < 0.25:
                table.put_back() if not table.there else table.take()
            texts = [f"{HEADLINE} {number} {part}" for part in range(chance.randint(1, 30))]
            answer = api.post("v1/classify", json={"inputs": texts})
            assert answer.status_code == 200, answer.text
            expected += [(answer.json()["request_id"], text) for text in texts]
    if not table.there:
        table.put_back()
    requests = {request for request, _ in expected}
    wait_for("an empty queue", lambda: waiting(deployed) == 0, timeout=180, every=2)
    assert table.of(requests) == sorted(expected)
