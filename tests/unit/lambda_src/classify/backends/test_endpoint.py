"""Tests classify/backends/endpoint.py."""

from __future__ import annotations

import json

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

from lambda_src.classify import log_writer
from lambda_src.classify.backends import answer, endpoint
from lambda_src.common.problems import Problem

LABELS = ["A", "B", "C"]


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
    assert found == answer.ModelAnswer(document={"predictions": []}, variant="champion")
    stubber.assert_no_pending_responses()


BAD_TEXT = json.dumps({"error": {"code": "invalid_inputs", "message": "inner words"}})
# The Hugging Face container's answer to an exception.
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
    dynamodb, sqs = log_writer.make_clients()
    waits = config.connect_timeout + config.read_timeout
    for client in (dynamodb, sqs):
        waits += client.meta.config.retries["total_max_attempts"] * (
            client.meta.config.connect_timeout + client.meta.config.read_timeout
        )
    assert waits < 29


NO_CAPACITY = "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress"


class Expected:
    def retry_after(self):
        return 207


def test_a_component_is_asked_by_its_name(stubbed, logger):
    runtime, stubber = stubbed
    text = {"ContentType": "application/json", "Accept": "application/json"}
    call = {"EndpointName": "e", "InferenceComponentName": "e", **text, "Body": b'{"inputs": ["a"]}'}
    stubber.add_response("invoke_endpoint", {"Body": Body(b"{}"), "InvokedProductionVariant": "v"}, call)
    asked = endpoint.Endpoint(runtime, name="e", component="e", wakes=Expected(), logger=logger)
    assert asked.classify(("a",)).variant == "v"


def test_a_model_without_a_copy_says_when_to_ask_again(stubbed, logger):
    runtime, stubber = stubbed
    stubber.add_client_error("invoke_endpoint", service_error_code="ValidationError", service_message=NO_CAPACITY)
    asked = endpoint.Endpoint(runtime, name="e", component="e", wakes=Expected(), logger=logger)
    with pytest.raises(answer.ModelAsleep) as refused:
        asked.classify(("a",))
    assert (refused.value.status, refused.value.headers) == (503, {"retry-after": "207"})
    assert "Try again in 207 seconds" in refused.value.detail


def test_another_refusal_of_a_component_is_not_sleep(stubbed, logger):
    runtime, stubber = stubbed
    stubber.add_client_error("invoke_endpoint", service_error_code="ValidationError", service_message="not found")
    asked = endpoint.Endpoint(runtime, name="e", component="e", wakes=Expected(), logger=logger)
    with pytest.raises(Problem) as refused:
        asked.classify(("a",))
    assert not isinstance(refused.value, answer.ModelAsleep) and refused.value.headers == {"retry-after": "5"}
