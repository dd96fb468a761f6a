"""Tests classify/log_writer.py: its writes, and the items that the table does not accept."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from contracts.logs import log_messages, logged_labels, request_log
from lambda_src.classify import log_items, log_writer
from tests import sqs_bodies
from tests.unit.lambda_src.classify.logged import RESULT, facts


class Dynamo:
    """A DynamoDB client: `refusals` says for each call how many items stay unprocessed, or raises."""

    def __init__(self, *refusals):
        self.refusals = list(refusals)
        self.batches = []
        self.items = []

    def batch_write_item(self, *, RequestItems):
        ((table, requests),) = RequestItems.items()
        self.batches.append(len(requests))
        self.items += [request["PutRequest"]["Item"] for request in requests]
        refusal = self.refusals.pop(0) if self.refusals else 0
        if isinstance(refusal, Exception):
            raise refusal
        return {"UnprocessedItems": {table: requests[:refusal]} if refusal else {}}


class Queue:
    def __init__(self, *errors):
        self.errors = list(errors)
        self.bodies = []

    def send_message(self, *, QueueUrl, MessageBody):
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error
        sqs_bodies.refuse(MessageBody)
        self.bodies.append(MessageBody)


DOWN = ClientError({"Error": {"Code": "InternalServerError", "Message": "down"}}, "X")


@pytest.fixture
def no_pauses(monkeypatch):
    monkeypatch.setattr(log_writer, "_PAUSES", (0, 0))


def write(dynamodb, sqs, logger, count=1, text="x"):
    log = log_writer.LogWriter(dynamodb, sqs, table="t", dlq_url="http://q", shards=8, logger=logger)
    texts = [f"{text}{number}" for number in range(count)]
    return log.write(log_items.build(facts(), texts=texts, results=[RESULT] * count))


def texts(items):
    """The items of texts, without those for the number of shards and the labels."""
    return [item for item in items if request_log.is_request_id(item["request_id"]["S"])]


def test_batches_of_25(logger):
    dynamodb = Dynamo()
    assert write(dynamodb, Queue(), logger, 64) == log_writer.Written()
    assert dynamodb.batches == [25, 25, 15]  # the last is the count of shards
    assert logger.lines == []


def test_unprocessed_items_are_sent_again(logger, no_pauses):
    dynamodb, sqs = Dynamo(3, 0, 1), Queue()
    assert write(dynamodb, sqs, logger, 30) == log_writer.Written()
    assert dynamodb.batches == [25, 6, 3, 1]
    assert sqs.bodies == []


def test_items_that_stay_unprocessed_go_to_the_queue(logger, no_pauses):
    sqs = Queue()
    assert write(Dynamo(2, 2, 2), sqs, logger, 4) == log_writer.Written(failed=2)
    document = json.loads(sqs.bodies[0])
    assert document["table"] == "t"
    assert [item["text"] for item in document["items"]] == [{"S": "x0"}, {"S": "x1"}]
    assert document["items"][0]["packed_probabilities"] == {"S": logged_labels.pack((0.1, 0.9))}


def test_after_a_failing_call_nothing_more_is_tried_and_nothing_is_lost(logger):
    dynamodb, sqs = Dynamo(1, DOWN), Queue()
    assert write(dynamodb, sqs, logger, 64) == log_writer.Written(failed=40)
    assert dynamodb.batches == [25, 25]
    (message,) = [json.loads(body) for body in sqs.bodies]
    assert [int(item["position"]["N"]) for item in texts(message["items"])] == [0, *range(25, 64)]
    assert len(message["items"]) == 41, "the count of shards must not be lost either"
    assert logger.messages("error") == ["request log write failed"]


def test_messages_stay_under_the_queues_limit(logger):
    sqs = Queue()
    write(Dynamo(DOWN), sqs, logger, 64, text="é" * 1990)
    assert len(sqs.bodies) > 1
    assert all(len(body.encode()) <= 256 * 1024 for body in sqs.bodies)
    assert sum(len(texts(json.loads(body)["items"])) for body in sqs.bodies) == 64


def test_what_the_queue_does_not_take_is_logged_in_full(logger):
    sqs = Queue(None, DOWN)
    written = write(Dynamo(DOWN), sqs, logger, 64, text="é" * 1990)
    kept = len(json.loads(sqs.bodies[0])["items"])
    assert written == log_writer.Written(failed=64, lost=64 - kept)
    lost = next(fields for _, message, fields in logger.lines if message == "request log items lost")
    assert len(texts(lost["item_list"])) == lost["items"] == 64 - kept


@pytest.mark.parametrize("odd", sqs_bodies.NOT_TAKEN, ids=ascii)
def test_a_text_with_what_sqs_does_not_take_is_queued_with_all_the_others(logger, odd):
    sqs = Queue()
    assert write(Dynamo(DOWN), sqs, logger, 64, text=f"a{odd}") == log_writer.Written(failed=64)
    queued = [one["text"]["S"] for body in sqs.bodies for one in texts(log_messages.read(body)["items"])]
    assert queued == [f"a{odd}{number}" for number in range(64)]


def test_escapes_count_towards_a_message_s_size(logger):
    sqs = Queue()
    assert write(Dynamo(DOWN), sqs, logger, 64, text="\uffff" * 1990) == log_writer.Written(failed=64)
    assert all(len(body.encode()) <= 256 * 1024 for body in sqs.bodies)


@pytest.mark.parametrize("code", ["InvalidMessageContents", "InvalidParameterValue"])
def test_a_message_that_the_queue_refuses_does_not_take_the_next_one_with_it(logger, code):
    refused = ClientError({"Error": {"Code": code, "Message": ""}}, "SendMessage")
    whole, sqs = Queue(), Queue(refused)
    write(Dynamo(DOWN), whole, logger, 64, text="é" * 1990)
    written = write(Dynamo(DOWN), sqs, logger, 64, text="é" * 1990)
    assert sqs.bodies == whole.bodies[1:] and len(whole.bodies) > 1
    assert written.lost == len(texts(json.loads(whole.bodies[0])["items"]))


def test_a_failing_queue_is_not_tried_again(logger):
    sqs = Queue(EndpointConnectionError(endpoint_url="http://q"))
    assert write(Dynamo(DOWN), sqs, logger, 2) == log_writer.Written(failed=2, lost=2)


def labels(expires_at=1_800_000_000, names=("A", "B")):
    return [logged_labels.labels_item(names, expires_at=expires_at)]


def items_of(day=20):
    received = datetime(2026, 11, day, 12, tzinfo=UTC)
    return log_items.build(facts(received=received), texts=["x"], results=[RESULT])


def test_labels_come_before_their_texts_once_a_day(logger):
    dynamodb = Dynamo()
    log = log_writer.LogWriter(dynamodb, Queue(), table="t", dlq_url="http://q", shards=8, logger=logger)
    assert log.write(items_of(), labels=labels()) == log_writer.Written()
    assert [item["request_id"]["S"] for item in dynamodb.items] == [
        logged_labels.labels_id(("A", "B")), "r", request_log.SHARDS_ID
    ]  # fmt: skip
    log.write(items_of(), labels=labels())
    assert dynamodb.batches == [3, 1]
    log.write(items_of(), labels=labels(names=("A", "C")))
    log.write(items_of(day=21), labels=labels())
    assert dynamodb.batches == [3, 1, 2, 3], "another model's, and another day's"


def test_labels_that_were_lost_are_written_with_the_next_request(logger):
    dynamodb = Dynamo(DOWN)
    log = log_writer.LogWriter(dynamodb, Queue(DOWN), table="t", dlq_url="http://q", shards=8, logger=logger)
    assert log.write(items_of(), labels=labels()) == log_writer.Written(failed=1, lost=1)
    log.write(items_of(), labels=labels())
    assert dynamodb.batches == [3, 2]


def test_queued_labels_can_be_sent(logger):
    sqs = Queue()
    log = log_writer.LogWriter(Dynamo(DOWN), sqs, table="t", dlq_url="http://q", shards=8, logger=logger)
    assert log.write(items_of(), labels=labels()) == log_writer.Written(failed=1)
    [first, *_] = log_messages.read(sqs.bodies[0])["items"]
    assert first["labels"] == {"L": [{"S": "A"}, {"S": "B"}]}
