"""Tests request_log_api/signing_keys.py and rotate_key/: unforgeable cursors, and rotations of their key."""

from __future__ import annotations

import base64
import hashlib
import json

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto.secretsmanager.models import FakeSecret, secretsmanager_backends

from lambda_src.common import aws
from lambda_src.common.problems import Problem
from lambda_src.request_log_api import handler as records
from lambda_src.request_log_api import signing_keys
from lambda_src.rotate_key import handler as rotate_key
from lambda_src.rotate_key import logic
from tests.unit.lambda_src.request_log_api.test_shards import A_DAY_AGO, bound, signed
from tests.unit.lambda_src.request_log_api.world import SIGNING_KEY, make_call, make_world, prediction

TOKENS = [f"{number}a5d1c3e-7d3a-4f0b-9d0e-1a2b3c4d5e6f" for number in range(10)]
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


@pytest.fixture
def world(account, configure, logger):
    made = make_world(configure, logger)
    for number in range(6):
        made.logs(f"r{number}", prediction("Business"))
    return made


@pytest.fixture
def call(load_event, context):
    return make_call(load_event, context)


@pytest.fixture
def clock(monkeypatch, world):
    """Seconds, which the keys of the request log's API go by."""
    now = [1000.0]
    keys = records._signing_keys()
    monkeypatch.setattr(keys, "_now", lambda: now[0])
    return now


def begin(token):
    """Begins a rotation like Secrets Manager: an empty version under AWSPENDING, which a label leaves for another."""
    [held] = secretsmanager_backends["123456789012"]["us-east-1"].secrets.values()
    assert isinstance(held, FakeSecret)
    held.remove_version_stages_from_old_versions(["AWSPENDING"])
    held.versions[token] = {"version_id": token, "version_stages": ["AWSPENDING"], "createdate": 0}


def rotate(context, token, *, steps=STEPS):
    stages = boto3.client("secretsmanager").describe_secret(SecretId=secret())["VersionIdsToStages"]
    if "createSecret" in steps and token not in stages:
        begin(token)
    for step in steps:
        event = {"SecretId": secret(), "ClientRequestToken": token, "Step": step}
        rotate_key.handler(event, context)


def secret():
    return boto3.client("secretsmanager").list_secrets()["SecretList"][0]["ARN"]


def value(stage):
    return boto3.client("secretsmanager").get_secret_value(SecretId=secret(), VersionStage=stage)["SecretString"]


def page(call, cursor=None, **options):
    query = {"cursor": cursor} if cursor else {}
    return call("GET", "/v1/requests", limit=1, schema="RequestPage", **query, **options)["next_cursor"]


def test_a_cursor_cannot_be_made_up_without_the_key(world, call):
    place = json.dumps([A_DAY_AGO, "2999-01-01T00:00:00.000Z#r#99"])
    for key in ("", "k", "k" * 42, SIGNING_KEY.upper(), "rubric-cursor-3"):
        assert "`cursor`" in call("GET", "/v1/requests", cursor=signed(place, key=key), status=422)["detail"]
    digest = hashlib.sha256(b"rubric-cursor-3\0" + bound().encode() + b"\0" + place.encode()).digest()[:16]
    plain = base64.urlsafe_b64encode(digest + place.encode()).decode().rstrip("=")
    call("GET", "/v1/requests", cursor=plain, status=422)


def test_every_byte_of_a_cursor_counts(world, call):
    cursor = page(call)
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for at in range(len(raw)):
        raw[at] ^= 1
        call("GET", "/v1/requests", cursor=base64.urlsafe_b64encode(raw).decode().rstrip("="), status=422)
        raw[at] ^= 1


def test_a_cursor_holds_over_one_rotation_and_ends_with_the_next(world, call, context, clock):
    first = page(call)
    rotate(context, TOKENS[1])
    assert value("AWSPREVIOUS") == SIGNING_KEY != value("AWSCURRENT")
    clock[0] += signing_keys.KEPT_SECONDS
    second = page(call, first)
    page(call, second)
    rotate(context, TOKENS[2])
    clock[0] += signing_keys.KEPT_SECONDS
    page(call, second)
    call("GET", "/v1/requests", limit=1, cursor=first, status=422)


def test_what_another_copy_signed_with_a_new_key_holds_at_once(world, call, context, clock):
    first = page(call)
    rotate(context, TOKENS[1])
    place = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4))[16:].decode()
    call("GET", "/v1/requests", limit=1, cursor=signed(place, key=value("AWSCURRENT")), schema="RequestPage")
    assert page(call, first)


def test_cursors_that_are_made_up_cost_few_look_ups(world, call, clock, monkeypatch):
    asked = []
    keys = records._signing_keys()
    real = keys._read

    def read(stage):
        asked.append(stage)
        return real(stage)

    monkeypatch.setattr(keys, "_read", read)
    for _ in range(50):
        call("GET", "/v1/requests", cursor="A" * 100, status=422)
        clock[0] += 0.5
    assert asked.count("AWSCURRENT") <= 1 + signing_keys.MOST_IN_VAIN


def test_without_secrets_manager_what_is_known_goes_on_and_else_it_is_a_503(world, call, clock, monkeypatch, configure):
    first = page(call)

    def broken():
        raise EndpointConnectionError(endpoint_url="https://secretsmanager.us-east-1.amazonaws.com")

    monkeypatch.setattr(records._signing_keys(), "_make", broken)
    clock[0] += signing_keys.KEPT_SECONDS
    assert page(call, first)
    # A signature that fits no known key may be from a newer one.
    assert call("GET", "/v1/requests", limit=1, cursor="A" * 100, status=503)["type"].endswith("storage-unavailable")
    configure(records)  # a new copy of the function
    monkeypatch.setattr(records._signing_keys(), "_make", broken)
    problem = call("GET", "/v1/requests", limit=1, cursor=first, status=503)
    assert problem["type"].endswith("storage-unavailable")
    call("GET", "/v1/requests", limit=100, schema="RequestPage")  # a page that needs no cursor


def test_an_empty_secret_signs_nothing(logger):
    class Empty:
        def get_secret_value(self, **_):
            return {"SecretString": ""}

    with pytest.raises(Problem) as raised:
        signing_keys.SigningKeys(Empty, secret="arn", logger=logger).known()
    assert raised.value.status == 503


# the rotation


def test_each_step_twice_is_as_once(world, context):
    rotate(context, TOKENS[1], steps=[step for step in STEPS for _ in range(2)])
    assert value("AWSPREVIOUS") == SIGNING_KEY
    new = value("AWSCURRENT")
    rotate(context, TOKENS[1])
    assert (value("AWSCURRENT"), value("AWSPREVIOUS")) == (new, SIGNING_KEY)


def test_until_the_last_step_the_old_key_is_the_current_one(world, context):
    rotate(context, TOKENS[1], steps=STEPS[:3])
    assert value("AWSCURRENT") == SIGNING_KEY
    assert len(value("AWSPENDING")) == 43


def test_a_schedule_is_tested_on_a_version_without_a_value(world, context):
    rotate(context, TOKENS[1], steps=["testSecret"])
    assert value("AWSCURRENT") == SIGNING_KEY


def test_a_key_that_is_too_short_does_not_become_the_current_one(world, context):
    client = aws.client("secretsmanager")
    client.put_secret_value(
        SecretId=secret(), ClientRequestToken=TOKENS[1], SecretString="short", VersionStages=["AWSPENDING"]
    )
    with pytest.raises(ValueError, match="too short"):
        rotate(context, TOKENS[1])
    assert value("AWSCURRENT") == SIGNING_KEY


def test_a_step_of_a_rotation_that_is_long_over_changes_nothing(world, context):
    for token in TOKENS[1:4]:
        rotate(context, token)
    held = (value("AWSCURRENT"), value("AWSPREVIOUS"))
    for step in ("createSecret", "finishSecret"):
        with pytest.raises(ValueError, match="no rotation in progress"):
            rotate(context, TOKENS[1], steps=[step])
    assert (value("AWSCURRENT"), value("AWSPREVIOUS")) == held


def test_a_version_without_a_key_does_not_become_the_current_one(world, context):
    begin(TOKENS[1])
    with pytest.raises(ValueError, match="no key to sign with"):
        rotate(context, TOKENS[1], steps=["finishSecret"])
    assert value("AWSCURRENT") == SIGNING_KEY


def test_other_steps_and_other_failures_are_errors(world, context):
    with pytest.raises(ValueError, match="not a step"):
        rotate(context, TOKENS[1], steps=["dropSecret"])
    with pytest.raises(ClientError):
        logic.step("finishSecret", client=aws.client("secretsmanager"), secret="another", token=TOKENS[1])


def test_the_new_key_is_in_no_log(world, context, read_log):
    lines = read_log(rotate_key)
    rotate(context, TOKENS[1])
    assert len(lines()) == 4
    assert value("AWSCURRENT") not in json.dumps(lines())
