"""redrive/: what DynamoDB did not take comes back from the dead-letter queue, once, and nothing is lost."""

from __future__ import annotations

import hashlib
import json
import random

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lambda_src.classify import request_log
from lambda_src.common import normalize
from lambda_src.redrive import handler as redrive
from lambda_src.redrive import logic
from tests.tables import make_table


def item(request, position=0, **more):
    return {
        "request_id": {"S": request},
        "position": {"N": str(position)},
        "text": {"S": f"text {request} {position}"},
        "label": {"S": "A"},
        "probabilities": {"L": [{"N": "0.9"}]},
        **more,
    }


def record(name, *items, body=None):
    text = json.dumps({"table": "an-older-name", "items": list(items)}) if body is None else body
    return {"messageId": name, "body": text, "eventSource": "aws:sqs"}


def make_log(dynamodb):
    make_table(dynamodb, "requests", request_id="S", position="N")


@pytest.fixture
def dynamodb(account, configure):
    client = boto3.client("dynamodb")
    make_log(client)
    make_table(client, "erased", erased_id="S")
    configure(redrive, REQUEST_LOG_TABLE="requests", ERASED_TABLE="erased", ENVIRONMENT="dev")
    yield client


def stored(dynamodb):
    found = dynamodb.scan(TableName="requests")["Items"]
    return sorted(found, key=lambda one: (one["request_id"]["S"], int(one["position"]["N"])))


def failures(answer):
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def metrics(capsys):
    found = {}
    for line in capsys.readouterr().out.splitlines():
        document = json.loads(line)
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in directive["Metrics"]:
                found[metric["Name"]] = document[metric["Name"]]
    return found


def test_items_are_written_as_they_were(dynamodb, context, capsys):
    items = [item("a", 0), item("a", 1), item("b")]
    answer = redrive.handler({"Records": [record("1", *items[:2]), record("2", items[2])]}, context)
    assert failures(answer) == []
    assert stored(dynamodb) == items
    assert metrics(capsys) == {"LogItemsRedriven": [3.0]}


def test_twice_is_as_once_and_what_came_in_between_stays(dynamodb, context):
    event = {"Records": [record("1", item("a"))]}
    redrive.handler(event, context)
    dynamodb.update_item(
        TableName="requests",
        Key={"request_id": {"S": "a"}, "position": {"N": "0"}},
        UpdateExpression="SET feedback_label = :b",
        ExpressionAttributeValues={":b": {"S": "B"}},
    )
    assert failures(redrive.handler(event, context)) == []
    assert stored(dynamodb) == [item("a", feedback_label={"S": "B"})]


def test_feedback_that_was_there_first_is_completed(dynamodb, context):
    key = {"request_id": {"S": "a"}, "position": {"N": "0"}}
    dynamodb.put_item(TableName="requests", Item={**key, "feedback_label": {"S": "B"}})
    redrive.handler({"Records": [record("1", item("a"))]}, context)
    assert stored(dynamodb) == [item("a", feedback_label={"S": "B"})]


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        "[]",
        "{}",
        '{"items": {}}',
        '{"items": ["a"]}',
        '{"items": [{"request_id": "a", "position": 0}]}',
        '{"items": [{"request_id": {"S": "a"}}]}',
        '{"items": [{"request_id": {"S": "a"}, "position": {"N": "0"}}]}',
    ],
)
def test_a_message_of_something_else_is_kept_and_does_not_stop_the_others(dynamodb, context, capsys, body):
    answer = redrive.handler({"Records": [record("bad", body=body), record("good", item("a"))]}, context)
    assert failures(answer) == ["bad"]
    assert stored(dynamodb) == [item("a")]
    assert metrics(capsys) == {"LogItemsRedriven": [1.0], "LogRedriveFailed": [1.0]}


def test_with_the_table_gone_every_message_stays_and_one_call_is_made(dynamodb, context, read_log, monkeypatch):
    lines = read_log(redrive)
    dynamodb.delete_table(TableName="requests")
    answer = redrive.handler({"Records": [record(str(n), item("a")) for n in range(5)]}, context)
    assert failures(answer) == ["0", "1", "2", "3", "4"]
    errors = [line for line in lines() if line["level"] == "ERROR"]
    assert len(errors) == 1
    assert "text a" not in json.dumps(errors)


class Nothing:
    """Nothing was erased."""

    def among(self, ids):
        return {}


def logged(request, when, **more):
    """An item as the classify function queues it."""
    return item(request, time={"S": when}, key_id={"S": "abcdefgh23"}, expires_at={"N": "4000000000"}, **more)


def erases(dynamodb, erased_id, when):
    one = {"erased_id": {"S": erased_id}, "erased_at": {"S": when}, "expires_at": {"N": "4000000000"}}
    dynamodb.put_item(TableName="erased", Item=one)


BEFORE, WHEN, AFTER = "2026-11-20T08:00:00.000Z", "2026-11-20T09:00:00.000Z", "2026-11-20T10:00:00.000Z"
SHA = hashlib.sha256(b"text b 0").hexdigest()


@pytest.mark.parametrize(
    ("erased_id", "written"),
    [
        ("key#abcdefgh23", ["after"]),
        ("request#b", ["a", "after"]),
        (f"text#{SHA}", ["a", "after"]),
        (f"example#{normalize.text_id('text b 0')}", ["a", "after"]),
        ("key#another", ["a", "after", "b"]),
        ("text#" + "0" * 64, ["a", "after", "b"]),
    ],
)
def test_what_was_erased_while_it_waited_is_not_written(dynamodb, context, erased_id, written):
    """By key, request or text; what came after the erasure is no part of it."""
    erases(dynamodb, erased_id, WHEN)
    items = [logged("a", BEFORE), logged("b", BEFORE), logged("after", AFTER)]
    assert failures(redrive.handler({"Records": [record("1", *items)]}, context)) == []
    assert [one["request_id"]["S"] for one in stored(dynamodb)] == written


def test_a_text_that_is_kept_as_its_hash_is_erased_by_it(dynamodb, context):
    erases(dynamodb, f"text#{SHA}", WHEN)
    hashed = logged("b", BEFORE, text_sha256={"S": SHA})
    del hashed["text"]
    redrive.handler({"Records": [record("1", hashed)]}, context)
    assert stored(dynamodb) == []


def test_with_what_was_erased_unknown_the_message_comes_again(dynamodb, context):
    dynamodb.delete_table(TableName="erased")
    assert failures(redrive.handler({"Records": [record("1", logged("a", BEFORE))]}, context)) == ["1"]
    assert stored(dynamodb) == []


def test_an_item_whose_time_in_the_log_is_over_is_not_written(dynamodb, context):
    old = {**logged("a", BEFORE), "expires_at": {"N": "1000000000"}}
    assert failures(redrive.handler({"Records": [record("1", old)]}, context)) == []
    assert stored(dynamodb) == []


class FlakyTable:
    """A table that fails at random points, also after it has written."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.items = {}

    def add(self, one):
        where = self.chance.random()
        if where < 0.15:
            raise EndpointConnectionError(endpoint_url="u")
        self.items[one["request_id"]["S"], one["position"]["N"]] = one
        if where > 0.9:
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": "x"}}, "UpdateItem")


@pytest.mark.parametrize("seed", range(20))
def test_however_the_table_fails_every_item_arrives(seed, logger):
    table = FlakyTable(seed)
    expected = {(f"r{n}", str(p)): item(f"r{n}", p) for n in range(12) for p in range(n % 4 + 1)}
    waiting = [record(f"m{n}", *(expected[f"r{n}", str(p)] for p in range(n % 4 + 1))) for n in range(12)]
    for _ in range(500):
        batch, waiting = waiting[:5], waiting[5:]
        again = logic.redrive(batch, table=table, known=Nothing(), logger=logger).failed
        waiting += [one for one in batch if one["messageId"] in again]
        if not waiting:
            break
    assert waiting == []
    assert table.items == expected


def test_what_the_classifier_queues_is_what_is_read(account, logger, dynamodb, context):
    """From the classify function's own writer through a queue into the table."""
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="dlq")["QueueUrl"]
    log = request_log.RequestLog(dynamodb, sqs, table="requests", dlq_url=queue, shards=8, logger=logger)
    dynamodb.delete_table(TableName="requests")
    shared = {"request_id": "r", "time": "2026-11-20T21:35:00.123Z", "expires_at": 4_000_000_000, "label": "A"}
    items = [{**shared, "position": n, "text": "Crème " * 200} for n in range(64)]
    written = log.write(items)
    assert (written.failed, written.lost) == (64, 0)
    make_log(dynamodb)
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    records = [{"messageId": m["MessageId"], "body": m["Body"]} for m in messages]
    assert failures(redrive.handler({"Records": records}, context)) == []
    count, *texts = stored(dynamodb)
    assert (count["request_id"]["S"], count["position"]["N"]) == ("#shards", "8")
    assert [(one["position"]["N"], one["text"]["S"]) for one in texts] == [(str(n), "Crème " * 200) for n in range(64)]
