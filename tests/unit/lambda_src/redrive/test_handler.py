"""Tests redrive/: items of the dead-letter queue reach the table once, and none is lost."""

from __future__ import annotations

import hashlib
import json
import random

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError

from contracts.logs import request_log
from contracts.logs.request_log import Item
from contracts.texts import text_normalization
from lambda_src.classify import log_writer
from lambda_src.redrive import handler as redrive
from lambda_src.redrive import logic
from tests import sqs_bodies
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


def nested(depth):
    """Nested lists; DynamoDB accepts 32 levels."""
    value: dict[str, object] = {"N": "1"}
    for _ in range(depth):
        value = {"L": [value]}
    return value


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
    parked = boto3.client("sqs").create_queue(QueueName="parked")["QueueUrl"]
    tables = {"REQUEST_LOG_TABLE": "requests", "ERASED_TABLE": "erased"}
    configure(redrive, **tables, PARKED_URL=parked, ENVIRONMENT="dev")
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
        '{"items": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"items": [' + "9" * 5_000 + "]}",
        json.dumps({"items": [item("a", probabilities=nested(300))]}),
        '{"items": [' + json.dumps(item("a", text={"S": "\ud800"})) + "]}",
    ],
    ids=lambda body: body[:60],
)
def test_a_message_of_something_else_is_parked_and_does_not_stop_the_others(dynamodb, context, capsys, body):
    answer = redrive.handler({"Records": [record("bad", body=body), record("good", item("a"))]}, context)
    assert failures(answer) == []
    assert stored(dynamodb) == [item("a")]
    assert [one for one, _ in parked()] == [body]
    assert metrics(capsys) == {"LogItemsRedriven": [1.0]}


@pytest.mark.parametrize("odd", ["no item", {"request_id": {"S": "a"}}, {"request_id": "a", "position": 0}], ids=str)
def test_what_is_no_item_does_not_hold_up_the_others_of_its_message(dynamodb, context, odd):
    assert failures(redrive.handler({"Records": [record("1", item("a"), odd, item("b"))]}, context)) == []
    assert stored(dynamodb) == [item("a"), item("b")]
    [(body, reason)] = parked()
    assert json.loads(body)["items"] == [odd] and reason.startswith("an item ")


def parked():
    """(body, reason) of each parked message in the queue."""
    sqs = boto3.client("sqs")
    asked = {"QueueUrl": sqs.get_queue_url(QueueName="parked")["QueueUrl"], "MessageAttributeNames": ["All"]}
    messages = sqs.receive_message(MaxNumberOfMessages=10, **asked).get("Messages", [])
    return [(message["Body"], message["MessageAttributes"]["reason"]["StringValue"]) for message in messages]


REFUSED = {
    "too large": item("p", text={"S": "x" * 410_000}),
    "a number of 39 digits": item("p", latency_ms={"N": "1" * 39}),
    "an empty key": item(""),
    "a long key": item("k" * 2049),
    "another key": {"request_id": {"N": "1"}, "position": {"S": "a"}, "label": {"S": "A"}},
    "an unknown type": item("p", label={"Q": "A"}),
    "letters of two bytes": item("p", text={"S": "я" * 100_000}, latency_ms={"N": "1" * 39}),
    "a time of 5,000 digits": item("p", expires_at={"N": "9" * 5_000}),
    "nested deeply": item("p", probabilities=nested(40)),
    "what SQS does not take": item("p", text={"S": "\x00\x0b\ufffe\uffff"}, latency_ms={"N": "1" * 39}),
}


@pytest.mark.parametrize("poison", REFUSED.values(), ids=REFUSED)
def test_what_the_table_refuses_for_good_is_parked_and_holds_nobody_up(dynamodb, context, read_log, poison):
    lines = read_log(redrive)
    batch = [record("1", item("a")), record("2", item("b"), poison, item("c")), record("3", item("d"))]
    assert failures(redrive.handler({"Records": batch}, context)) == []
    assert stored(dynamodb) == [item(name) for name in "abcd"]
    [(body, reason)] = parked()
    sqs_bodies.refuse(body)
    assert json.loads(body)["items"] == [poison]
    assert len(body.encode()) < 1.05 * len(json.dumps(poison, ensure_ascii=False).encode()) + 200
    assert reason.isascii() and len(reason) > 10
    assert "xxxx" not in json.dumps(lines()) and "messages_parked" in json.dumps(lines())


def test_a_reason_is_parked_in_what_sqs_takes(dynamodb, context):
    redrive._parking().park("{}", reason="".join((*sqs_bodies.NOT_TAKEN, *sqs_bodies.TAKEN, "é")))
    [(_, reason)] = parked()
    assert reason == "?" * 12 + " " + "?" * 8


def test_what_is_parked_can_be_written_once_it_is_mended(dynamodb, context):
    redrive.handler({"Records": [record("1", item(""))]}, context)
    [(body, _)] = parked()
    document = json.loads(body)
    document["items"][0]["request_id"] = {"S": "mended"}
    assert failures(redrive.handler({"Records": [record("2", body=json.dumps(document))]}, context)) == []
    assert [one["request_id"]["S"] for one in stored(dynamodb)] == ["mended"]


def test_what_cannot_be_parked_comes_again(dynamodb, context):
    sqs = boto3.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="parked")["QueueUrl"])
    batch = [record("bad", item("")), record("odd", body="{}"), record("good", item("a"))]
    assert failures(redrive.handler({"Records": batch}, context)) == ["bad", "odd"]
    assert stored(dynamodb) == [item("a")]


@pytest.mark.parametrize(
    "error", [RecursionError(), ValueError("secret"), ParamValidationError(report="secret")], ids=repr
)
def test_an_item_that_dynamodb_cannot_be_asked_for_is_parked_alone_and_its_reason_quotes_nothing(logger, error):
    table, lot = Failing(error, "bad"), Lot()
    work = logic.Redrive(table=table, known=Nothing(), parking=lot, logger=logger)
    outcome = work.run([record("m", item("a"), item("bad"), item("b"))])
    assert (outcome.failed, outcome.parked, table.items) == ([], 1, ["a", "b"])
    assert [json.loads(body)["items"] for body in lot.bodies] == [[item("bad")]]
    assert "secret" not in repr(logger.lines) + repr(lot.reasons)


def test_a_fault_with_one_message_leaves_the_others_alone(logger):
    """Even an unexpected error, here in the lookup of erasures, fails only its own message."""

    class Faulty(Nothing):
        def among(self, ids):
            if "request#bad" in ids:
                raise AttributeError("a secret text")
            return {}

    table, lot = Failing(None), Lot()
    work = logic.Redrive(table=table, known=Faulty(), parking=lot, logger=logger)
    outcome = work.run([record(name, item(name)) for name in ("a", "bad", "b")])
    assert (outcome.failed, table.items, lot.bodies) == (["bad"], ["a", "b"], [])
    assert "secret" not in repr(logger.lines)


def test_with_the_table_gone_every_message_stays(dynamodb, context, read_log):
    """A person may restore it, so a refusal that may be temporary parks nothing."""
    lines = read_log(redrive)
    dynamodb.delete_table(TableName="requests")
    answer = redrive.handler({"Records": [record(str(n), item("a")) for n in range(5)]}, context)
    assert failures(answer) == ["0", "1", "2", "3", "4"]
    assert parked() == []
    assert "text a" not in json.dumps([line for line in lines() if line["level"] == "ERROR"])


class Failing:
    """A table that fails in one way for the items of some requests; it counts its calls."""

    def __init__(self, error, *requests):
        self.error, self.requests, self.calls, self.items = error, requests, 0, []

    def add(self, one):
        self.calls += 1
        if one["request_id"]["S"] in self.requests:
            raise self.error
        self.items.append(one["request_id"]["S"])


class Lot:
    def __init__(self):
        self.bodies, self.reasons = [], []

    def park(self, body, *, reason):
        self.bodies.append(body)
        self.reasons.append(reason)


def client_error(code, status=400):
    return ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "UpdateItem"
    )


DOWN = [
    EndpointConnectionError(endpoint_url="u"),
    client_error("ProvisionedThroughputExceededException"),
    client_error("ThrottlingException"),
    client_error("InternalServerError", 500),
    client_error("SomethingNew", 503),
]


@pytest.mark.parametrize("error", DOWN, ids=str)
def test_a_table_that_is_down_is_asked_once_a_batch(error, logger):
    table, lot = Failing(error, "r1", "r2"), Lot()
    work = logic.Redrive(table=table, known=Nothing(), parking=lot, logger=logger)
    outcome = work.run([record(f"m{n}", item(f"r{n}")) for n in range(4)])
    assert (outcome.failed, table.items, table.calls, lot.bodies) == (["m1", "m2", "m3"], ["r0"], 2, [])


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "KMSAccessDeniedException"])
def test_a_refusal_that_somebody_may_mend_fails_its_message_alone(code, logger):
    table, lot = Failing(client_error(code), "r1"), Lot()
    work = logic.Redrive(table=table, known=Nothing(), parking=lot, logger=logger)
    outcome = work.run([record(f"m{n}", item(f"r{n}")) for n in range(4)])
    assert (outcome.failed, table.items, lot.bodies) == (["m1"], ["r0", "r2", "r3"], [])


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
        (f"example#{text_normalization.text_id('text b 0')}", ["a", "after"]),
        ("key#another", ["a", "after", "b"]),
        ("text#" + "0" * 64, ["a", "after", "b"]),
    ],
)
def test_what_was_erased_while_it_waited_is_not_written(dynamodb, context, erased_id, written):
    """By key, request or text; items from after the erasure are not part of it."""
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
    """A table that fails at random points, before or after it writes."""

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
        again = logic.Redrive(table=table, known=Nothing(), parking=Lot(), logger=logger).run(batch).failed
        waiting += [one for one in batch if one["messageId"] in again]
        if not waiting:
            break
    assert waiting == []
    assert table.items == expected


def test_what_the_classifier_queues_is_what_is_read(account, logger, dynamodb, context):
    """From the classify function's own writer through a queue into the table."""
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="dlq")["QueueUrl"]
    log = log_writer.LogWriter(dynamodb, sqs, table="requests", dlq_url=queue, shards=8, logger=logger)
    dynamodb.delete_table(TableName="requests")
    shared: Item = {"request_id": "r", "time": "2026-11-20T21:35:00.123Z", "expires_at": 4_000_000_000, "label": "A"}
    items: list[Item] = [{**shared, "position": n, "text": "Crème " * 200} for n in range(64)]
    written = log.write(items)
    assert (written.failed, written.lost) == (64, 0)
    make_log(dynamodb)
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    records = [{"messageId": m["MessageId"], "body": m["Body"]} for m in messages]
    assert failures(redrive.handler({"Records": records}, context)) == []
    count, *texts = stored(dynamodb)
    assert (count["request_id"]["S"], count["position"]["N"]) == ("#shards", "8")
    assert [(one["position"]["N"], one["text"]["S"]) for one in texts] == [(str(n), "Crème " * 200) for n in range(64)]


def test_a_text_that_comes_late_is_marked_and_listed_by_when_it_came(dynamodb, context):
    place = "2026-11-20T21:35:00.123Z#a#99~"
    text = item("a", place={"S": place}, day_shard={"S": "2026-11-20#0"}, expires_at={"N": "4102444800"})
    labels = {"request_id": {"S": "#labels#1"}, "position": {"N": "0"}, "labels": {"L": []}}
    for _ in range(2):  # the message is delivered twice
        assert failures(redrive.handler({"Records": [record("1", labels, text)]}, context)) == []
    found = {one["request_id"]["S"]: one for one in stored(dynamodb)}
    assert set(found) == {"#labels#1", "#late#a", "a"}
    assert found["a"] == {**text, "place": {"S": f"{place}+"}}
    arrival = found["#late#a"]
    assert request_log.late_text({"request_id": "#late#a", "position": 0}) == ("a", 0)
    assert arrival["day_shard"]["S"] == request_log.late_partition(arrival["place"]["S"][:10])
    assert arrival["place"]["S"] > place and arrival["expires_at"] == text["expires_at"]
    assert "key_shard" not in arrival


def test_a_text_that_the_table_has_already_stays_in_its_place(dynamodb, context):
    text = item("a", place={"S": "2026-11-20T21:35:00.123Z#a#99"}, day_shard={"S": "2026-11-20#0"})
    dynamodb.put_item(TableName="requests", Item=text)
    redrive.handler({"Records": [record("1", text)]}, context)
    assert next(one for one in stored(dynamodb) if one["request_id"]["S"] == "a") == text


@pytest.mark.parametrize("place", [{"S": "elsewhere"}, {"N": "1"}, {"S": ""}], ids=str)
def test_what_is_in_no_place_is_written_as_it_is(dynamodb, context, place):
    text = item("a", position=0, place=place)
    assert failures(redrive.handler({"Records": [record("1", text)]}, context)) == []
    assert stored(dynamodb) in ([text], [])  # DynamoDB itself refuses an empty key of an index
