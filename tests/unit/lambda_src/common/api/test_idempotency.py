"""Tests common/api/idempotency.py, alone and through POST /v1/classify."""

from __future__ import annotations

import hashlib
import itertools
import json
import time

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from lambda_src.common.api import http, idempotency
from lambda_src.common.problems import Problem
from tests.tables import make_table


@pytest.fixture
def answers(account, logger):
    dynamodb = boto3.client("dynamodb")
    make_table(dynamodb, "answers", answer_id="S")
    return idempotency.Answers(dynamodb, table="answers", logger=logger)


@pytest.fixture
def ask(answers, load_event):
    """Asks `work` once for a key; every run of it answers with another number."""
    runs, numbers = [], itertools.count()

    def ask(*, key="k1", body="{}", key_id="abcdefgh23", path="/v1/classify", work=None, size=0):
        event = load_event("classify_single")
        event["headers"]["Idempotency-Key"] = key
        event["body"], event["rawPath"] = body, path
        event["requestContext"]["requestId"] = f"request-{next(numbers)}"  # API Gateway's, of each request

        def run():
            runs.append(1)
            document = {"run": len(runs), "filler": list(range(size))}
            return http.json_response(event, status=200, document=document, headers={"x-model-version": "m1"})

        response = idempotency.once(event, work or run, key_id=key_id, answers=lambda: answers)
        return json.loads(response["body"])["run"], response["headers"].get("idempotency-replayed")

    return ask


def test_the_first_answer_is_given_again(ask):
    assert [ask(), ask(), ask()] == [(1, None), (1, "true"), (1, "true")]


def test_a_replay_has_the_first_answer_s_headers_and_its_own_request_id(answers, load_event):
    event = load_event("classify_single")
    event["headers"]["idempotency-key"] = "k1"
    own_headers = {"x-model-version": "m1", "x-backend": "bedrock", "x-cache": "miss"}

    def work():
        return http.json_response(event, status=200, document={}, headers=own_headers)

    idempotency.once(event, work, key_id="k", answers=lambda: answers)
    event["requestContext"]["requestId"] = "second"
    headers = idempotency.once(event, work, key_id="k", answers=lambda: answers)["headers"]
    assert headers["x-request-id"] == "second" and own_headers.items() <= headers.items()
    assert headers["content-type"] == "application/json"


def test_another_key_caller_or_route_is_another_request(ask):
    first, *others = [ask(), ask(key="k2"), ask(key_id="somebodyel"), ask(path="/v1/examples")]
    assert [replayed for _, replayed in [first, *others]] == [None] * 4


def test_without_the_header_nothing_is_kept(answers, load_event):
    def no_table():
        raise AssertionError("the table is not needed")

    event = load_event("classify_single")
    assert idempotency.once(event, lambda: {"done": True}, key_id="k", answers=no_table) == {"done": True}


def test_another_body_is_refused(ask):
    ask()
    with pytest.raises(Problem, match="idempotency-key-reused"):
        ask(body='{"inputs": "another"}')


def test_what_is_kept_does_not_tell_what_was_sent(ask, answers):
    """A reader of the table who guesses a text cannot tell from its digest that it was sent."""
    bodies = ('{"inputs": "a guess"}', '{"inputs": "another"}')
    for number, body in enumerate((*bodies, bodies[0])):
        ask(key=f"k{number}", body=body)
    items = boto3.client("dynamodb").scan(TableName="answers")["Items"]
    digests = [item["digest"]["S"] for item in items]
    assert len(set(digests)) == 3  # the same body under another key is another digest
    assert hashlib.sha256(bodies[0].encode()).hexdigest() not in digests
    assert "guess" not in str(items)


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "é"])
def test_a_header_that_cannot_be(ask, key):
    with pytest.raises(Problem, match="invalid-input"):
        ask(key=key)


def test_an_error_is_not_kept(ask):
    def fail():
        raise Problem("model-unavailable", "Not now.")

    with pytest.raises(Problem, match="model-unavailable"):
        ask(work=fail)
    assert ask() == (1, None)


def test_a_request_that_is_still_being_answered(ask):
    seen = []

    def meanwhile():
        with pytest.raises(Problem) as caught:
            ask()
        seen.append((caught.value.status, caught.value.headers["retry-after"]))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ask(work=meanwhile)
    assert seen == [(409, "1")]


def test_one_whose_function_was_lost_may_begin_anew(answers, ask, monkeypatch):
    monkeypatch.setattr(answers, "give_up", lambda answer_id, origin: None)
    with pytest.raises(ZeroDivisionError):
        ask(work=lambda: 1 / 0)
    with pytest.raises(Problem, match="in-progress"):
        ask()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert ask() == (1, None)


def test_after_a_day_the_key_is_free(ask, monkeypatch):
    ask()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + idempotency.KEPT_SECONDS + 1)
    assert ask() == (2, None)


def test_large_answers_are_compressed_and_too_large_ones_not_kept(ask, monkeypatch, logger):
    assert [ask(size=100_000), ask(size=100_000)] == [(1, None), (1, "true")]
    monkeypatch.setattr(idempotency, "_MOST_BYTES", 10)
    assert [ask(key="k2"), ask(key="k2")] == [(2, None), (3, None)]
    assert "an answer is too large to be kept" in logger.messages("warning")


def test_a_table_that_does_not_answer_stops_no_request(ask, answers, monkeypatch, logger):
    def fail(**_):
        raise EndpointConnectionError(endpoint_url="http://d")

    broken = {"put_item": staticmethod(fail), "delete_item": staticmethod(fail)}
    monkeypatch.setattr(answers, "_dynamodb", type("Failing", (), broken)())
    assert [ask(), ask()] == [(1, None), (2, None)]
    assert logger.messages("exception")
