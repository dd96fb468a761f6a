"""common/http.py, common/auth.py and common/s3_uri.py"""

from __future__ import annotations

import base64
import json

import pytest

from lambda_src.common import s3_uri
from lambda_src.common.api import http
from lambda_src.common.api.auth import require_key
from lambda_src.common.problems import CATALOGUE, Problem


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
    assert http.header_if_given({"headers": {"X-Api-Key": ""}}, "x-api-key") == ""
    assert http.header_if_given({"headers": {"other": ""}}, "x-api-key") is None


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


def test_ok_gives_the_key_id():
    assert require_key(_with({"verdict": "ok", "key_id": "abcdefgh23"})) == "abcdefgh23"


@pytest.mark.parametrize(
    ("event", "slug", "status"),
    [
        (_with({"verdict": "missing", "key_id": ""}), "key-missing", 401),
        (_with({"verdict": "malformed", "key_id": ""}), "key-malformed", 401),
        (_with({"verdict": "unknown", "key_id": "abcdefgh23"}), "key-unknown", 401),
        (_with({"verdict": "revoked", "key_id": "abcdefgh23"}), "key-revoked", 403),
        (_with({"verdict": "expired", "key_id": "abcdefgh23"}), "key-expired", 403),
        (_with({"verdict": "unavailable", "key_id": "abcdefgh23"}), "key-check-unavailable", 503),
        # Everything else is refused as well: nothing but "ok" with a key may pass.
        (_with({"verdict": "ok", "key_id": ""}), "key-missing", 401),
        (_with({"verdict": "ok"}), "key-missing", 401),
        (_with({"verdict": "ok", "key_id": True}), "key-missing", 401),
        (_with({"verdict": "OK", "key_id": "abcdefgh23"}), "key-missing", 401),
        (_with({"key_id": "abcdefgh23"}), "key-missing", 401),
        (_with(None), "key-missing", 401),
        ({"requestContext": {"authorizer": None}}, "key-missing", 401),
        ({"requestContext": {}}, "key-missing", 401),
        ({}, "key-missing", 401),
    ],
)
def test_anything_else_is_refused(event, slug, status):
    with pytest.raises(Problem) as caught:
        require_key(event)
    assert (caught.value.slug, caught.value.status) == (slug, status)
    assert ("www-authenticate" in caught.value.headers) == (status == 401)
    assert ("retry-after" in caught.value.headers) == (status == 503)


KEYED = {"verdict": "ok", "key_id": "abcdefgh23", "scopes": "classify feedback"}


def test_a_scope_that_the_key_has():
    assert require_key(_with(KEYED), scope="feedback") == "abcdefgh23"


@pytest.mark.parametrize("scopes", ["classify feedback", "", None, "readonly", "READ"])
def test_a_scope_that_it_has_not_is_named(scopes):
    with pytest.raises(Problem, match="`read`") as caught:
        require_key(_with({**KEYED, "scopes": scopes}), scope="read")
    assert (caught.value.slug, caught.value.status) == ("key-scope", 403)


def test_the_scope_of_a_key_that_does_not_hold_is_not_spoken_of():
    with pytest.raises(Problem, match="key-revoked"):
        require_key(_with({**KEYED, "verdict": "revoked"}), scope="read")


ARN = "arn:aws:iam::123456789012:user/team/reader"
IAM = {"requestContext": {"authorizer": {"iam": {"userArn": ARN, "accessKey": "AKIA"}}}}


def _token(**claims):
    return {"requestContext": {"authorizer": {"jwt": {"claims": claims, "scopes": None}}}}


def test_with_iam_the_caller_is_its_arn_and_iam_says_what_it_may():
    assert require_key(IAM, scope="classify") == ARN
    with pytest.raises(Problem, match="key-scope"):
        require_key(IAM, scope="admin")


@pytest.mark.parametrize(
    ("arn", "caller"),
    [
        ("arn:aws:sts::123456789012:assumed-role/reader/one", "arn:aws:iam::123456789012:role/reader"),
        ("arn:aws:sts::123456789012:assumed-role/reader/two@x.org", "arn:aws:iam::123456789012:role/reader"),
        ("arn:aws-cn:sts::123456789012:assumed-role/r.e+a=d,e@r/1", "arn:aws-cn:iam::123456789012:role/r.e+a=d,e@r"),
        ("arn:aws:sts::210987654321:assumed-role/reader/one", "arn:aws:iam::210987654321:role/reader"),
        ("arn:aws:iam::123456789012:user/reader", "arn:aws:iam::123456789012:user/reader"),
        ("arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:root"),
        ("arn:aws:sts::123456789012:federated-user/bob", "arn:aws:sts::123456789012:federated-user/bob"),
    ],
)
def test_with_iam_the_sessions_of_a_role_are_one_caller_and_users_are_themselves(arn, caller):
    assert require_key({"requestContext": {"authorizer": {"iam": {"userArn": arn}}}}) == caller


@pytest.mark.parametrize("scope", ["classify read", "rubric/classify", "openid rubric/classify"])
def test_with_a_token_the_caller_is_its_subject(scope):
    assert require_key(_token(sub="u-1", scope=scope), scope="classify") == "u-1"


@pytest.mark.parametrize("scope", ["", "read", "other/classify", "rubric/rubric/classify", None])
def test_a_token_without_the_scope_is_refused(scope):
    with pytest.raises(Problem, match="key-scope"):
        require_key(_token(sub="u-1", scope=scope), scope="classify")


@pytest.mark.parametrize(
    "event",
    [
        _token(sub=""),
        _token(sub=7),
        _token(),
        {"requestContext": {"authorizer": {"jwt": {"claims": None}}}},
        {"requestContext": {"authorizer": {"iam": {}}}},
        # Our authorizer's word stands above anything else.
        {"requestContext": {"authorizer": {"lambda": {"verdict": "missing"}, "iam": {"userArn": ARN}}}},
        {"requestContext": {"authorizer": {"lambda": None, "jwt": {"claims": {"sub": "u-1"}}}}},
    ],
)
def test_a_caller_that_nobody_named_is_refused(event):
    with pytest.raises(Problem, match="key-missing"):
        require_key(event)


@pytest.mark.parametrize("slug", ["rate-exceeded", "quota-exceeded"])
def test_beyond_a_limit_the_answer_says_when_to_come_back(slug):
    with pytest.raises(Problem) as caught:
        require_key(_with({**KEYED, "verdict": slug, "retry_after": "17"}))
    assert (caught.value.slug, caught.value.status, caught.value.headers) == (slug, 429, {"retry-after": "17"})


def test_every_answer_to_a_key_with_limits_says_where_it_stands(logger):
    event = _with({**KEYED, "limit": "40", "remaining": "0", "reset": "2"})
    told = {"ratelimit-limit": "40", "ratelimit-remaining": "0", "ratelimit-reset": "2"}

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
        assert told.items() <= response["headers"].items()


@pytest.mark.parametrize("event", [_with(KEYED), _with(None), {}, {"requestContext": {"authorizer": None}}])
def test_without_limits_there_is_nothing_to_say(event):
    assert not [name for name in http.json_response(event, status=200, document={})["headers"] if "ratelimit" in name]


def test_the_catalogue_has_only_error_statuses():
    assert all(400 <= kind.status <= 599 and kind.title for kind in CATALOGUE.values())


def test_s3_locations():
    assert s3_uri.split("s3://b/a/c") == ("b", "a/c")
    assert s3_uri.split("s3://b") == ("b", "")
    assert s3_uri.join("b", "models/", "/job", "") == "s3://b/models/job"
    for wrong in ("", "b/a", "https://b/a", "s3://", "s3:///a"):
        with pytest.raises(ValueError, match="not an S3 location"):
            s3_uri.split(wrong)


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
