"""classify/: answers, endpoint, log_items, request_log and measures, each by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from contracts import log_messages
from lambda_src.classify import answers, endpoint, log_items, measures, request_log
from lambda_src.common import log_index
from lambda_src.common.problems import Problem
from tests import sqs_bodies

LABELS = ["A", "B", "C"]


def prediction(**changes):
    return {
        "predicted_label": "A",
        "probabilities": [[0.7, 0.2, 0.1]],
        "labels": LABELS,
        "model_version": "m1",
        **changes,
    }


# answers


def test_good_answers():
    found = answers.predictions({"predictions": [prediction(), prediction(predicted_label="B")]}, count=2)
    assert [one.label for one in found] == ["A", "B"]
    assert found[0].document() == prediction()
    assert found[0].confidence == 0.7


BAD_FIELDS: list[dict[str, Any]] = [
    {"labels": None},
    {"labels": ["A"], "probabilities": [[1.0]]},
    {"labels": ["A", "B", 3]},
    {"probabilities": None},
    {"probabilities": [0.7, 0.2, 0.1]},
    {"probabilities": [[0.7, 0.3]]},
    {"probabilities": [[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]]},
    {"probabilities": [[0.7, 0.2, "0.1"]]},
    {"probabilities": [[True, False, False]]},
    {"probabilities": [[1.7, -0.5, -0.2]]},
    {"probabilities": [[0.7, 0.2, 0.3]]},
    {"probabilities": [[float("nan"), 0.2, 0.1]]},
    {"predicted_label": "D"},
    {"predicted_label": None},
    {"predicted_label": ["A"]},
    {"model_version": ""},
    {"model_version": None},
]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "x",
        {},
        prediction(),
        {"predictions": {}},
        {"predictions": []},
        {"predictions": [prediction(), prediction()]},
        {"predictions": ["A"]},
        *({"predictions": [prediction(**change)]} for change in BAD_FIELDS),
    ],
)
def test_bad_answers(document):
    with pytest.raises(answers.BadAnswerError):
        answers.predictions(document, count=1)


# endpoint


@pytest.fixture
def stubbed(account):
    runtime = boto3.client("sagemaker-runtime")
    with Stubber(runtime) as stubber:
        yield runtime, stubber


class Body:
    def __init__(self, data):
        self._data = data

    def read(self):
        if isinstance(self._data, Exception):
            raise self._data
        return self._data


def test_the_call_and_its_answer(stubbed, logger):
    runtime, stubber = stubbed
    expected = {
        "EndpointName": "e",
        "ContentType": "application/json",
        "Accept": "application/json",
        "Body": '{"inputs": ["Crème", "b"]}'.encode(),
    }
    stubber.add_response(
        "invoke_endpoint", {"Body": Body(b'{"predictions": []}'), "InvokedProductionVariant": "champion"}, expected
    )
    found = endpoint.Endpoint(runtime, name="e", logger=logger).classify(("Crème", "b"))
    assert found == endpoint.EndpointAnswer(document={"predictions": []}, variant="champion")
    stubber.assert_no_pending_responses()


BAD_TEXT = json.dumps({"error": {"code": "invalid_inputs", "message": "inner words"}})

# As the Hugging Face container answers an exception.
WRAPPED = json.dumps({"code": 400, "type": "InternalServerException", "message": BAD_TEXT})
TOO_LARGE = WRAPPED.replace("invalid_inputs", "too_large")


@pytest.mark.parametrize(
    ("code", "fields", "message", "status"),
    [
        ("ValidationError", {}, "Endpoint e of account 1 not found.", 503),
        ("ServiceUnavailable", {}, "", 503),
        ("InternalFailure", {}, "", 503),
        ("ModelNotReadyException", {}, "", 503),
        ("ThrottlingException", {}, "", 429),
        ("ModelError", {"OriginalStatusCode": 503, "OriginalMessage": "starting"}, "", 503),
        ("ModelError", {"OriginalStatusCode": 429, "OriginalMessage": ""}, "", 429),
        ("ModelError", {"OriginalStatusCode": 504, "OriginalMessage": ""}, "", 504),
        ("ModelError", {"OriginalStatusCode": 500, "OriginalMessage": "worker timed out"}, "", 504),
        ("ModelError", {}, "Your invocation timed out while waiting for a response from container", 504),
        ("ModelError", {"OriginalStatusCode": 500, "OriginalMessage": "Traceback (most recent call last)"}, "", 502),
        ("ModelError", {"OriginalStatusCode": 400, "OriginalMessage": "Traceback"}, "", 502),
        ("ModelError", {"OriginalStatusCode": 400, "OriginalMessage": '{"error": "x"}'}, "", 502),
        ("ModelError", {"OriginalStatusCode": 400, "OriginalMessage": "[]"}, "", 502),
        ("ModelError", {"OriginalStatusCode": 400, "OriginalMessage": BAD_TEXT}, "", 422),
        ("ModelError", {"OriginalStatusCode": 500, "OriginalMessage": BAD_TEXT}, "", 502),
        ("ModelError", {"OriginalStatusCode": 400, "OriginalMessage": WRAPPED}, "", 422),
        ("ModelError", {"OriginalStatusCode": 400, "OriginalMessage": WRAPPED.replace("invalid_", "empty_")}, "", 422),
        ("ModelError", {"OriginalStatusCode": 400, "OriginalMessage": WRAPPED.replace("invalid_inputs", "x")}, "", 502),
        ("ModelError", {"OriginalStatusCode": 413, "OriginalMessage": ""}, "", 413),
        ("ModelError", {"OriginalStatusCode": 400, "OriginalMessage": TOO_LARGE}, "", 413),
        (
            "ModelError",
            {"OriginalStatusCode": 400, "OriginalMessage": BAD_TEXT.replace("invalid_inputs", "x")},
            "",
            502,
        ),
    ],
)
def test_failures_of_the_endpoint(logger, code, fields, message, status):
    error = ClientError({"Error": {"Code": code, "Message": message}, **fields}, "InvokeEndpoint")
    assert_failure(logger, error, status)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ReadTimeoutError(endpoint_url="http://e"), 504),
        (ConnectTimeoutError(endpoint_url="http://e"), 503),
        (EndpointConnectionError(endpoint_url="http://e"), 503),
        (ConnectionClosedError(endpoint_url="http://e"), 503),
    ],
)
def test_failures_of_the_network(logger, error, status):
    assert_failure(logger, error, status)


class Runtime:
    """A sagemaker-runtime client that plays its steps: exceptions are raised, all else is answered."""

    def __init__(self, *steps):
        self.steps = list(steps)
        self.calls = 0

    def invoke_endpoint(self, **call):
        self.calls += 1
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return step


def assert_failure(logger, error, status):
    with pytest.raises(Problem) as caught:
        endpoint.Endpoint(Runtime(error), name="e", logger=logger).classify(("a",))
    assert caught.value.status == status
    assert ("retry-after" in caught.value.headers) == (status in (429, 503))
    assert "Traceback" not in caught.value.detail
    assert "inner words" not in caught.value.detail
    assert logger.messages("warning") == ["endpoint failed"]


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "InvokeEndpoint"),
        NoCredentialsError(),
    ],
)
def test_our_own_faults_are_not_blamed_on_the_model(logger, error):
    with pytest.raises(type(error)):
        endpoint.Endpoint(Runtime(error), name="e", logger=logger).classify(("a",))


def test_a_closed_connection_is_tried_once_more(logger):
    good = {"Body": Body(b"{}"), "InvokedProductionVariant": "champion"}
    runtime = Runtime(ConnectionClosedError(endpoint_url="http://e"), good)
    assert endpoint.Endpoint(runtime, name="e", logger=logger).classify(("a",)).variant == "champion"
    assert runtime.calls == 2


def test_a_read_timeout_is_not_tried_again(logger):
    runtime = Runtime(ReadTimeoutError(endpoint_url="http://e"))
    with pytest.raises(Problem):
        endpoint.Endpoint(runtime, name="e", logger=logger).classify(("a",))
    assert runtime.calls == 1


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"<html>", 502), (b"\xff", 502), (b"[" * 100_000, 502), (ReadTimeoutError(endpoint_url="e"), 504)],
    ids=["html", "latin 1", "deep", "late"],
)
def test_bodies_that_cannot_be_read(logger, data, status):
    with pytest.raises(Problem) as caught:
        endpoint.Endpoint(Runtime({"Body": Body(data)}), name="e", logger=logger).classify(("a",))
    assert caught.value.status == status


def test_the_client_never_retries_and_fits_into_29_seconds(account):
    config = endpoint.make_client().meta.config
    assert config.retries["total_max_attempts"] == 1
    dynamodb, sqs = request_log.make_clients()
    waits = config.connect_timeout + config.read_timeout
    for client in (dynamodb, sqs):
        waits += client.meta.config.retries["total_max_attempts"] * (
            client.meta.config.connect_timeout + client.meta.config.read_timeout
        )
    assert waits < 29


# log_items

RESULT = answers.Prediction("A", (0.1, 0.9), ("A", "B"), "m1")


def facts(**changes: Any) -> log_items.RequestFacts:
    values: dict[str, Any] = {
        "request_id": "r",
        "key_id": "k",
        "received": datetime(2026, 11, 20, 23, 59, 59, 123456, tzinfo=UTC),
        "latency_ms": 12.5,
        "status": 200,
        "variant": "champion",
        "keep_days": 30,
        "shards": 1,
    }
    return log_items.RequestFacts(**{**values, **changes})


def test_one_item_a_text():
    first, second = log_items.build(facts(), texts=("x", "y"), results=[RESULT, RESULT])
    assert first == {
        "request_id": "r",
        "position": 0,
        "time": "2026-11-20T23:59:59.123Z",
        "day_shard": "2026-11-20#0",
        "key_shard": "k#0",
        "place": "2026-11-20T23:59:59.123Z#r#99",
        "text": "x",
        "label": "A",
        "probabilities": [0.1, 0.9],
        "confidence": 0.9,
        "labels": ["A", "B"],
        "model_version": "m1",
        "variant": "champion",
        "latency_ms": 12.5,
        "key_id": "k",
        "status": 200,
        "expires_at": int(datetime(2026, 12, 20, 23, 59, 59, tzinfo=UTC).timestamp()),
    }
    assert (second["position"], second["text"]) == (1, "y")


def test_a_failed_request_has_no_label():
    (item,) = log_items.build(facts(status=503, variant=""), texts=("x",), results=None)
    assert item["status"] == 503
    assert {"label", "probabilities", "labels", "model_version", "variant"}.isdisjoint(item)


# request_log


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
    monkeypatch.setattr(request_log, "_PAUSES", (0, 0))


def write(dynamodb, sqs, logger, count=1, text="x"):
    log = request_log.RequestLog(dynamodb, sqs, table="t", dlq_url="http://q", shards=8, logger=logger)
    texts = [f"{text}{number}" for number in range(count)]
    return log.write(log_items.build(facts(), texts=texts, results=[RESULT] * count))


def texts(items):
    """The items of texts, without the one that says how many shards there are."""
    return [item for item in items if item["request_id"]["S"] != log_index.SHARDS_ID]


def test_batches_of_25(logger):
    dynamodb = Dynamo()
    assert write(dynamodb, Queue(), logger, 64) == request_log.Written()
    assert dynamodb.batches == [25, 25, 15]  # the last is the count of shards
    assert logger.lines == []


def test_unprocessed_items_are_sent_again(logger, no_pauses):
    dynamodb, sqs = Dynamo(3, 0, 1), Queue()
    assert write(dynamodb, sqs, logger, 30) == request_log.Written()
    assert dynamodb.batches == [25, 6, 3, 1]
    assert sqs.bodies == []


def test_items_that_stay_unprocessed_go_to_the_queue(logger, no_pauses):
    sqs = Queue()
    assert write(Dynamo(2, 2, 2), sqs, logger, 4) == request_log.Written(failed=2)
    document = json.loads(sqs.bodies[0])
    assert document["table"] == "t"
    assert [item["text"] for item in document["items"]] == [{"S": "x0"}, {"S": "x1"}]
    assert document["items"][0]["probabilities"] == {"L": [{"N": "0.1"}, {"N": "0.9"}]}


def test_after_a_failing_call_nothing_more_is_tried_and_nothing_is_lost(logger):
    dynamodb, sqs = Dynamo(1, DOWN), Queue()
    assert write(dynamodb, sqs, logger, 64) == request_log.Written(failed=40)
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
    assert written == request_log.Written(failed=64, lost=64 - kept)
    lost = next(fields for _, message, fields in logger.lines if message == "request log items lost")
    assert len(texts(lost["item_list"])) == lost["items"] == 64 - kept


@pytest.mark.parametrize("odd", sqs_bodies.NOT_TAKEN, ids=ascii)
def test_a_text_with_what_sqs_does_not_take_is_queued_with_all_the_others(logger, odd):
    sqs = Queue()
    assert write(Dynamo(DOWN), sqs, logger, 64, text=f"a{odd}") == request_log.Written(failed=64)
    queued = [one["text"]["S"] for body in sqs.bodies for one in texts(log_messages.read(body)["items"])]
    assert queued == [f"a{odd}{number}" for number in range(64)]


def test_escapes_count_towards_a_message_s_size(logger):
    sqs = Queue()
    assert write(Dynamo(DOWN), sqs, logger, 64, text="\uffff" * 1990) == request_log.Written(failed=64)
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
    assert write(Dynamo(DOWN), sqs, logger, 2) == request_log.Written(failed=2, lost=2)


# measures


def test_labels_beyond_the_first_twenty_are_counted_together():
    labels = tuple(f"label-{number}" for number in range(measures.MAX_LABELS + 5))
    row = tuple([1.0] + [0.0] * (len(labels) - 1))
    results = [answers.Prediction(label, row, labels, "m1") for label in labels]
    counts = measures.label_counts(results)
    assert len(counts) == measures.MAX_LABELS + 1
    assert counts["(other)"] == 5


@pytest.mark.parametrize("label", ["Santé", " ", "", "a\tb", "a\x1b[2J", "a\x7f", "l" * 1025])
def test_labels_that_cloudwatch_cannot_name(label):
    assert measures.label_counts([answers.Prediction(label, (1.0, 0.0), (label, "x"), "m1")]) == {"(other)": 1}


@pytest.mark.parametrize("label", [":colon", "l" * 1024, "a b", "=1+1", "{}", " x "])
def test_odd_labels_that_cloudwatch_can_name(label):
    assert measures.label_counts([answers.Prediction(label, (1.0, 0.0), (label, "x"), "m1")]) == {label: 1}
