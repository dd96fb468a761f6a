"""Tests classify/handler.py from event to answer, with a fake AWS account."""

from __future__ import annotations

import hashlib
import io
import json

import boto3
import fastjsonschema
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from contracts.logs import logged_labels, request_log
from lambda_src.classify import handler as classify
from lambda_src.classify import live_tests, log_writer
from lambda_src.classify.backends import endpoint
from lambda_src.common import aws, environment
from lambda_src.common.api import contract
from tests.tables import make_table

LABELS = ["Business", "Entertainment", "Health", "Science"]


def prediction(label):
    row = [0.91 if name == label else 0.03 for name in LABELS]
    return {"predicted_label": label, "probabilities": [row], "labels": LABELS, "model_version": "rubric-dev-1"}


class World:
    """The request log's table, the dead-letter queue and a stubbed endpoint."""

    def __init__(self):
        self.dynamodb = boto3.client("dynamodb")
        make_table(self.dynamodb, "requests", request_id="S", position="N")
        self.sqs = boto3.client("sqs")
        self.queue = self.sqs.create_queue(QueueName="dlq")["QueueUrl"]
        self.runtime = aws.client("sagemaker-runtime", connect_timeout=1.0, read_timeout=16.0, attempts=1)
        self.stubber = Stubber(self.runtime)
        self.stubber.activate()

    @property
    def settings(self):
        """The function's variables, without those of the backend."""
        return {
            "REQUEST_LOG_TABLE": "requests",
            "LOG_DLQ_URL": self.queue,
            "REQUEST_LOG_DAYS": "30",
            "REQUEST_LOG_SHARDS": "8",
            "REQUEST_LOG_TEXT": "store",
            "ANSWERS_TABLE": "answers",
            "ENVIRONMENT": "dev",
        }

    def will_answer(self, *labels):
        raw = json.dumps({"predictions": [prediction(label) for label in labels]}).encode()
        self.will_answer_bytes(raw)

    def will_answer_bytes(self, raw):
        body = StreamingBody(io.BytesIO(raw), len(raw))
        self.stubber.add_response("invoke_endpoint", {"Body": body, "InvokedProductionVariant": "champion"})

    def logged(self):
        items = texts(self.dynamodb.scan(TableName="requests")["Items"])
        return sorted(items, key=lambda item: int(item["position"]["N"]))

    def labels(self):
        """The items that hold labels."""
        return [item for item in self.dynamodb.scan(TableName="requests")["Items"] if "labels" in item]

    def queued(self):
        messages = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        found = [json.loads(message["Body"]) for message in messages]
        return [{**message, "items": texts(message["items"])} for message in found]


def texts(items):
    """The items of texts, without those for the number of shards and the labels."""
    return [item for item in items if request_log.is_request_id(item["request_id"]["S"])]


@pytest.fixture
def world(account, configure):
    made = World()
    configure(classify, ENDPOINT_NAME="rubric-dev", **made.settings)
    yield made
    made.stubber.deactivate()


def metrics_of(capsys):
    """{(name, label or ""): values} of the embedded metric lines that were printed."""
    found = {}
    for line in capsys.readouterr().out.splitlines():
        if not line.startswith('{"_aws"'):
            continue
        document = json.loads(line)
        (directive,) = document["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Rubric"
        dimensions = {name: document[name] for names in directive["Dimensions"] for name in names}
        assert dimensions["environment"] == "dev"
        assert dimensions["service"]
        for metric in directive["Metrics"]:
            found[(metric["Name"], dimensions.get("label", ""))] = document[metric["Name"]]
    return found


def fits(schema, document):
    root = {"$ref": f"#/components/schemas/{schema}", "components": contract.document()["components"]}
    fastjsonschema.compile(root)(document)


def test_one_text(world, load_event, context, capsys):
    world.will_answer("Business")
    response = classify.handler(load_event("classify_single"), context)
    assert response["statusCode"] == 200
    assert response["headers"]["content-type"] == "application/json"
    assert response["headers"]["x-request-id"] == "JKJaXmPLvHcESHA="
    assert response["headers"]["x-model-version"] == "rubric-dev-1"
    document = json.loads(response["body"])
    fits("SingleAnswer", document)
    assert document.pop("latency_ms") >= 0
    assert response["headers"]["x-backend"] == "sagemaker"
    assert document == {**prediction("Business"), "backend": "sagemaker", "request_id": "JKJaXmPLvHcESHA="}

    (item,) = world.logged()
    assert item["text"] == {"S": "Shares rally as the central bank holds rates"}
    assert item["label"] == {"S": "Business"}
    assert logged_labels.unpack(item["packed_probabilities"]["S"])[0] == 0.91
    [labels] = world.labels()
    assert labels["request_id"] == item["labels_id"]
    assert [one["S"] for one in labels["labels"]["L"]] == LABELS
    assert item["variant"] == {"S": "champion"}
    assert item["key_id"] == {"S": "abcdefgh23"}
    assert item["status"] == {"N": "200"}
    assert float(item["latency_ms"]["N"]) >= 0

    metrics = metrics_of(capsys)
    assert metrics[("Requests", "")] == [1.0]
    assert metrics[("Texts", "")] == [1.0]
    assert metrics[("Confidence", "")] == [0.91]
    assert metrics[("Labels", "Business")] == [1.0]
    assert metrics[("ModelLatencyMs", "")][0] >= 0
    assert {name for name, _ in metrics}.isdisjoint({"RequestsFailed", "LogWriteFailed", "LogWriteLost"})


def test_a_list_is_answered_in_order(world, load_event, context, capsys):
    world.will_answer("Business", "Health")
    document = json.loads(classify.handler(load_event("classify_list"), context)["body"])
    fits("ListAnswer", document)
    assert [one["predicted_label"] for one in document["predictions"]] == ["Business", "Health"]
    assert document["model_version"] == "rubric-dev-1"
    assert [item["label"]["S"] for item in world.logged()] == ["Business", "Health"]
    metrics = metrics_of(capsys)
    assert (metrics[("Labels", "Business")], metrics[("Labels", "Health")]) == ([1.0], [1.0])
    assert metrics[("Texts", "")] == [2.0]


def test_a_list_of_one_stays_a_list(world, load_event, context):
    world.will_answer("Science")
    event = load_event("classify_single")
    event["body"] = '{"inputs": ["a"]}'
    assert len(json.loads(classify.handler(event, context)["body"])["predictions"]) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"body": "{"}, 400),
        ({"body": '{"inputs": ""}'}, 422),
        ({"headers": {}}, 415),
        ({"body": " " * (1024 * 1024 + 1)}, 413),
        ({"requestContext": {"requestId": "JKJaXmPLvHcESHA="}}, 401),
    ],
)
def test_refused_requests_cost_no_model_call_and_no_log_item(world, load_event, context, capsys, change, status):
    response = classify.handler({**load_event("classify_single"), **change}, context)
    assert response["statusCode"] == status
    assert response["headers"]["content-type"] == "application/problem+json"
    document = json.loads(response["body"])
    fits("Problem", document)
    assert document["request_id"] == "JKJaXmPLvHcESHA=" == response["headers"]["x-request-id"]
    assert world.logged() == []
    metrics = metrics_of(capsys)
    assert metrics == {("Requests", ""): [1.0]}


@pytest.mark.parametrize(
    ("code", "fields", "status"),
    [
        ("ValidationError", {}, 503),
        ("ThrottlingException", {}, 429),
        ("ModelError", {"OriginalStatusCode": 500, "OriginalMessage": "Traceback"}, 502),
        ("ModelError", {"OriginalStatusCode": 504}, 504),
        ("AccessDeniedException", {}, 500),
    ],
)
def test_requests_that_the_model_fails_are_logged(world, load_event, context, capsys, code, fields, status):
    world.stubber.add_client_error("invoke_endpoint", code, "inner words", modeled_fields=fields)
    response = classify.handler(load_event("classify_list"), context)
    assert response["statusCode"] == status
    assert "inner words" not in response["body"]
    assert ("retry-after" in response["headers"]) == (status in (429, 503))
    assert [item["status"]["N"] for item in world.logged()] == [str(status)] * 2
    metrics = metrics_of(capsys)
    assert metrics[("RequestsFailed", "")] == [1.0]
    assert (("BadModelAnswers", "") in metrics) == (status == 502)
    assert ("Confidence", "") not in metrics


def test_a_model_that_sleeps_is_counted_on_its_own_and_not_as_a_failure(world, configure, load_event, context, capsys):
    configure(classify, COMPONENT_NAME="e")
    message = "Inference Component has no capacity to process this request."
    world.stubber.add_client_error("invoke_endpoint", "ValidationError", message)
    response = classify.handler(load_event("classify_list"), context)
    assert (response["statusCode"], response["headers"]["retry-after"]) == (503, "300")
    assert [item["status"]["N"] for item in world.logged()] == ["503"] * 2
    metrics = metrics_of(capsys)
    assert metrics[("AsleepRefused", "")] == [1.0]
    assert {name for name, _ in metrics}.isdisjoint({"RequestsFailed", "BadModelAnswers", "AsleepFallbackAnswers"})


@pytest.mark.parametrize("raw", [b"not json", b"{}", b'{"predictions": [{}, {}]}', b'{"predictions": []}'])
def test_malformed_model_answers(world, load_event, context, capsys, raw):
    world.will_answer_bytes(raw)
    response = classify.handler(load_event("classify_list"), context)
    assert response["statusCode"] == 502
    assert metrics_of(capsys)[("BadModelAnswers", "")] == [1.0]
    assert [item["status"]["N"] for item in world.logged()] == ["502"] * 2


def test_texts_that_the_model_refuses_are_the_callers_matter(world, load_event, context, capsys):
    message = json.dumps({"error": {"code": "invalid_inputs", "message": "x"}})
    fields = {"OriginalStatusCode": 400, "OriginalMessage": message}
    world.stubber.add_client_error("invoke_endpoint", "ModelError", "", modeled_fields=fields)
    assert classify.handler(load_event("classify_single"), context)["statusCode"] == 422
    assert world.logged() == []
    assert ("RequestsFailed", "") not in metrics_of(capsys)


def test_a_timeout(world, load_event, context, monkeypatch):
    def time_out(**call):
        raise ReadTimeoutError(endpoint_url="http://e")

    monkeypatch.setattr(world.runtime, "invoke_endpoint", time_out)
    assert classify.handler(load_event("classify_single"), context)["statusCode"] == 504
    assert world.logged()[0]["status"] == {"N": "504"}


def test_a_failed_log_write_goes_to_the_queue_and_the_answer_stands(world, load_event, context, capsys, read_log):
    lines = read_log(classify)
    world.will_answer("Business", "Health")
    world.dynamodb.delete_table(TableName="requests")
    response = classify.handler(load_event("classify_list"), context)
    assert response["statusCode"] == 200
    (message,) = world.queued()
    assert message["table"] == "requests"
    assert [item["label"]["S"] for item in message["items"]] == ["Business", "Health"]
    metrics = metrics_of(capsys)
    assert metrics[("LogWriteFailed", "")] == [2.0]
    assert ("LogWriteLost", "") not in metrics
    assert [line["message"] for line in lines() if line["level"] == "ERROR"] == ["request log write failed"]
    assert "Shares rally" not in json.dumps(lines())


def test_items_from_the_queue_can_be_written_as_they_are(world, load_event, context, monkeypatch):
    world.will_answer("Business", "Health")
    with monkeypatch.context() as patch:
        patch.setattr(log_writer.LogWriter, "_put", lambda self, items: (items, "down"))
        classify.handler(load_event("classify_list"), context)
    (message,) = world.queued()
    requests = [{"PutRequest": {"Item": item}} for item in message["items"]]
    world.dynamodb.batch_write_item(RequestItems={message["table"]: requests})
    assert [item["label"]["S"] for item in world.logged()] == ["Business", "Health"]


def test_with_the_queue_gone_as_well_the_items_are_in_the_log(world, load_event, context, capsys, read_log):
    lines = read_log(classify)
    world.will_answer("Business")
    world.dynamodb.delete_table(TableName="requests")
    world.sqs.delete_queue(QueueUrl=world.queue)
    assert classify.handler(load_event("classify_single"), context)["statusCode"] == 200
    metrics = metrics_of(capsys)
    assert (metrics[("LogWriteFailed", "")], metrics[("LogWriteLost", "")]) == ([1.0], [1.0])
    (lost,) = [line for line in lines() if line["message"] == "request log items lost"]
    assert lost["level"] == "ERROR"
    labels, text, _ = lost["item_list"]
    assert text["text"] == {"S": "Shares rally as the central bank holds rates"}
    assert labels["labels"]["L"][0] == {"S": "Business"}


def test_texts_are_not_in_the_function_s_log(world, load_event, context, read_log):
    lines = read_log(classify)
    world.will_answer("Business")
    classify.handler(load_event("classify_single"), context)
    assert "Shares rally" not in json.dumps(lines())


@pytest.mark.parametrize(("share", "items"), [("1.0", 1), ("0.0", 0)])
def test_a_text_of_the_audit_sample_is_marked_and_listed(world, configure, load_event, context, share, items):
    configure(classify, AUDIT_SHARE=share)
    world.will_answer("Business")
    assert classify.handler(load_event("classify_single"), context)["statusCode"] == 200
    (item,) = world.logged()
    assert item.get("audit") == ({"BOOL": True} if items else None)
    stored = world.dynamodb.scan(TableName="requests")["Items"]
    sampled = [one for one in stored if one["request_id"]["S"].startswith("#audit#")]
    assert [one["of_request"] for one in sampled] == [item["request_id"]] * items


TEXT = "Shares rally as the central bank holds rates"
SHA256 = hashlib.sha256(TEXT.encode()).hexdigest()


@pytest.mark.parametrize(("keep", "kept"), [("hash", {"text_sha256": {"S": SHA256}}), ("drop", {})])
def test_without_texts_they_are_nowhere(world, configure, load_event, context, capsys, read_log, keep, kept):
    configure(classify, REQUEST_LOG_TEXT=keep)
    lines = read_log(classify)
    world.will_answer("Business")
    assert classify.handler(load_event("classify_single"), context)["statusCode"] == 200
    (item,) = world.logged()
    assert {name: item[name] for name in item if name.startswith("text")} == kept
    assert item["label"] == {"S": "Business"}

    # Without the table, the items are in the queue; without either, in the function's own log.
    world.dynamodb.delete_table(TableName="requests")
    world.will_answer("Business")
    classify.handler(load_event("classify_single"), context)
    (message,) = world.queued()
    world.sqs.delete_queue(QueueUrl=world.queue)
    world.will_answer("Business")
    classify.handler(load_event("classify_single"), context)
    (lost,) = [line for line in lines() if line["message"] == "request log items lost"]
    for found in (message["items"][0], lost["item_list"][0]):
        assert {name: found[name] for name in found if name.startswith("text")} == kept
    output = json.dumps([message, lines()]) + capsys.readouterr().out
    assert TEXT not in output and "central bank" not in output


@pytest.mark.parametrize(
    "body",
    [
        f'{{"inputs": "{TEXT}"',
        f'{{"{TEXT}": 1}}',
        f'{{"{TEXT}": 1, "{TEXT}": 2}}',
        json.dumps({"inputs": [TEXT, ""]}),
        json.dumps({"inputs": TEXT, "other": TEXT}),
        json.dumps({"inputs": TEXT * 100}),
        json.dumps({"inputs": {"text": TEXT}}),
        json.dumps({"inputs": TEXT + "\ud800"}),
    ],
)
def test_what_is_refused_is_not_in_the_function_s_log_either(world, load_event, context, capsys, read_log, body):
    lines = read_log(classify)
    event = load_event("classify_single")
    event["body"] = body
    assert classify.handler(event, context)["statusCode"] in (400, 422)
    assert lines() and "Shares rally" not in json.dumps(lines()) + capsys.readouterr().out


def test_what_the_model_says_of_a_text_is_not_in_the_log(world, load_event, context, read_log):
    lines = read_log(classify)
    world.stubber.add_client_error(
        "invoke_endpoint",
        "ModelError",
        f"Received server error (500) from primary with message {TEXT!r}",
        http_status_code=424,
        modeled_fields={
            "OriginalStatusCode": 500,
            "OriginalMessage": f"cannot read {TEXT}",
            "LogStreamArn": "arn:aws:logs:group",
        },
    )
    assert classify.handler(load_event("classify_single"), context)["statusCode"] == 502
    [line] = [line for line in lines() if line["message"] == "endpoint failed"]
    assert (line["cause"], line["model_status"], line["model_log"]) == ("ModelError", 500, "arn:aws:logs:group")
    assert "Shares rally" not in json.dumps(lines())


def test_every_wait_together_is_shorter_than_the_api_s(world):
    """29 s: the item of an A/B test and the endpoint once, then the table and the queue until each has failed."""
    runtime = endpoint.make_client()
    dynamodb, sqs = log_writer.make_clients()
    # A second try would take a slow endpoint's whole time; the log's items have ids, so a retry is harmless.
    reader = live_tests.make_client()
    assert attempts(runtime) == attempts(reader) == 1
    assert longest(reader) + longest(runtime) + longest(dynamodb) + longest(sqs) + sum(log_writer._PAUSES) <= 29


def attempts(client):
    return client.meta.config.retries["total_max_attempts"]


def longest(client):
    """Seconds until a client gives up; between two attempts botocore waits a second at most."""
    config = client.meta.config
    return attempts(client) * (config.connect_timeout + config.read_timeout) + attempts(client) - 1


def test_the_model_is_sent_the_texts(world, load_event, context):
    seen = []
    world.runtime.meta.events.register("provide-client-params.sagemaker-runtime.InvokeEndpoint",
                                       lambda params, **_: seen.append(params))  # fmt: skip
    world.will_answer("Business")
    classify.handler(load_event("classify_single"), context)
    assert seen[0]["EndpointName"] == "rubric-dev"
    assert json.loads(seen[0]["Body"]) == {"inputs": ["Shares rally as the central bank holds rates"]}


def test_an_incomplete_environment_says_what_is_missing(account, configure, load_event, context, monkeypatch):
    configure(classify)
    for name in (
        "ENDPOINT_NAME",
        "REQUEST_LOG_TABLE",
        "LOG_DLQ_URL",
        "REQUEST_LOG_DAYS",
        "REQUEST_LOG_SHARDS",
        "REQUEST_LOG_TEXT",
        "ENVIRONMENT",
    ):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(environment.SettingsError, match="REQUEST_LOG_TABLE is not set"):
        classify._classifier()


def test_a_repeat_with_an_idempotency_key_costs_no_model_call_and_no_log_item(world, load_event, context):
    make_table(world.dynamodb, "answers", answer_id="S")
    world.will_answer("Business")
    event = load_event("classify_single")
    event["headers"]["idempotency-key"] = "k1"
    first = classify.handler(event, context)
    event["requestContext"]["requestId"] = "second"
    second = classify.handler(event, context)
    assert second["body"] == first["body"]
    assert second["headers"]["idempotency-replayed"] == "true"
    assert second["headers"]["x-model-version"] == "rubric-dev-1"
    assert len(world.logged()) == 1
    event["requestContext"]["authorizer"]["lambda"]["scopes"] = "read"
    refused = classify.handler(event, context)
    assert (refused["statusCode"], json.loads(refused["body"])["type"].rpartition(":")[2]) == (403, "key-scope")
    del event["requestContext"]["authorizer"]
    assert classify.handler(event, context)["statusCode"] == 401


def test_identical_texts_may_be_answered_from_memory(world, load_event, context, configure, capsys):
    world.will_answer("Business")
    first = classify.handler(load_event("classify_single"), context)
    assert "x-cache" not in first["headers"]
    configure(classify, ANSWER_CACHE_SECONDS="30")
    world.will_answer("Business")
    answers = [classify.handler(load_event("classify_single"), context) for _ in range(2)]
    assert [answer["headers"]["x-cache"] for answer in answers] == ["miss", "hit"]
    hit = json.loads(answers[1]["body"])
    assert hit["predicted_label"] == "Business"
    metrics_of(capsys)
    classify.handler(load_event("classify_single"), context)
    assert ("ModelLatencyMs", "") not in metrics_of(capsys)
