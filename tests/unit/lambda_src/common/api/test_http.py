"""Tests common/api/http.py."""

from __future__ import annotations

import base64
import json

import pytest

from lambda_src.common.api import http
from lambda_src.common.problems import Problem


def test_a_problem_is_answered_as_problem_json(load_event, logger):
    def work():
        raise Problem("model-unavailable", "Not now.", headers={"retry-after": "5"})

    response = http.answer(load_event("health"), work, logger=logger)
    assert response["statusCode"] == 503
    assert response["headers"]["content-type"] == "application/problem+json"
    assert response["headers"]["retry-after"] == "5"
    assert response["headers"]["x-request-id"] == "JKJaXmPLvHcESHA="
    assert json.loads(response["body"]) == {
        "type": "urn:rubric:problem:model-unavailable",
        "title": "The model is not available",
        "status": 503,
        "detail": "Not now.",
        "request_id": "JKJaXmPLvHcESHA=",
    }


def test_an_unexpected_error_is_logged_and_its_text_stays_inside(load_event, logger):
    def work():
        raise RuntimeError("secret internals")

    response = http.answer(load_event("health"), work, logger=logger)
    assert response["statusCode"] == 500
    assert "secret" not in response["body"]
    assert logger.messages("exception") == ["request failed"]


def test_headers_are_found_whatever_their_case():
    assert http.header({"headers": {"X-Api-Key": "k"}}, "x-api-key") == "k"
    assert http.header({}, "x-api-key") == ""
    assert http.optional_header({"headers": {"X-Api-Key": ""}}, "x-api-key") == ""
    assert http.optional_header({"headers": {"other": ""}}, "x-api-key") is None


def test_a_base64_body_is_decoded():
    assert http.body({"body": base64.b64encode(b"\xff{}").decode(), "isBase64Encoded": True}) == b"\xff{}"
    with pytest.raises(Problem, match="malformed-body"):
        http.body({"body": "***", "isBase64Encoded": True})


@pytest.mark.parametrize(
    ("stage", "raw", "path"),
    [("$default", "/v1/model", "/v1/model"), ("live", "/live/v1/model", "/v1/model"), ("live", "/live", "/"),
     ("live", "/lively", "/lively")],
)  # fmt: skip
def test_the_stage_is_no_part_of_the_path(stage, raw, path):
    event = {"rawPath": raw, "requestContext": {"stage": stage, "http": {"method": "GET"}}}
    assert http.method_and_path(event) == ("GET", path)


def _with(context):
    return {"requestContext": {"authorizer": {"lambda": context}}}


KEYED = {"verdict": "ok", "key_id": "abcdefgh23", "scopes": "classify feedback"}


def test_every_answer_to_a_key_with_limits_says_where_it_stands(logger):
    event = _with({**KEYED, "limit": "40", "remaining": "0", "reset": "2"})
    limits = {"ratelimit-limit": "40", "ratelimit-remaining": "0", "ratelimit-reset": "2"}

    def refuse():
        raise Problem("invalid-input", "No.")

    def fail():
        raise RuntimeError

    for response in (
        http.json_response(event, status=200, document={}),
        http.text_response(event, status=200, text="", content_type="text/plain"),
        http.answer(event, refuse, logger=logger),
        http.answer(event, fail, logger=logger),
    ):
        assert limits.items() <= response["headers"].items()


@pytest.mark.parametrize("event", [_with(KEYED), _with(None), {}, {"requestContext": {"authorizer": None}}])
def test_without_limits_there_is_nothing_to_say(event):
    assert not [name for name in http.json_response(event, status=200, document={})["headers"] if "ratelimit" in name]


def test_every_answer_names_the_model_that_serves_unless_it_names_its_own(load_event):
    event = load_event("classify_single")
    event["requestContext"]["authorizer"]["lambda"]["model_version"] = "m1"
    assert http.json_response(event, status=200, document={})["headers"]["x-model-version"] == "m1"
    problem = http.problem_response(event, Problem("not-found", "No such path."))
    assert problem["headers"]["x-model-version"] == "m1"
    own = http.json_response(event, status=200, document={}, headers={"x-model-version": "m2"})
    assert own["headers"]["x-model-version"] == "m2"
    event["requestContext"]["authorizer"]["lambda"]["model_version"] = ""
    assert "x-model-version" not in http.json_response(event, status=200, document={})["headers"]
