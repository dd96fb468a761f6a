"""Tests classify/log_writer.py: its writes, and the items that the table does not accept."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from contracts import log_messages, request_log
from lambda_src.classify import log_items, log_writer
from tests import sqs_bodies
from tests.unit.lambda_src.classify.logged import RESULT, facts


class Dynamo:
    """A DynamoDB client: `refusals` says for each call how many items stay unprocessed, or raises."""

    def __init__(self, *refusals):
        self.refusals = list(refusals)
        self.batches = []

    def batch_write_item(self, *, RequestItems):
        ((table, requests),) = RequestItems.items()
        self.batches.append(len(requests))
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
    """The items of texts, without the one that says how many shards there are."""
    return [item for item in items if item["request_id"]["S"] != request_log.SHARDS_ID]


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
    assert document["items"][0]["probabilities"] == {"L": [{"N": "0.1"}, {"N": "0.9"}]}


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
