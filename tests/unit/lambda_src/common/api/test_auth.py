"""Tests common/api/auth.py: the caller's identity and scopes."""

from __future__ import annotations

import pytest

from lambda_src.common.api.auth import is_trusted, require_key
from lambda_src.common.problems import Problem


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
    assert require_key(IAM, scope="classify") == require_key(IAM, scope="label") == ARN
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


def test_whose_labels_are_trusted():
    """A key says it of itself, whatever the setting names; other callers are named by the setting alone."""
    key = {"verdict": "ok", "key_id": "abcdefgh23"}
    assert is_trusted(_with({**key, "trusted": "true"}), callers=[])
    assert not is_trusted(_with({**key, "trusted": ""}), callers=["abcdefgh23", ARN])
    assert not is_trusted(IAM, callers=[]) and is_trusted(IAM, callers=[ARN])
    session = "arn:aws:sts::123456789012:assumed-role/desk/ana"
    role = {"requestContext": {"authorizer": {"iam": {"userArn": session}}}}
    assert is_trusted(role, callers=["arn:aws:iam::123456789012:role/desk"]) and not is_trusted(role, callers=[ARN])
    assert is_trusted(_token(sub="u-1"), callers=["u-1"]) and not is_trusted(_token(sub="u-2"), callers=["u-1"])
    assert not is_trusted({}, callers=[""])


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
