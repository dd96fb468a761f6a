"""Tests rubric keys: its output and its refusals."""

import json
from datetime import UTC, datetime

import boto3
import pytest

from ops.api import keys
from tests.unit.ops.api_keys import FULL, items, make
from tests.unit.ops.conftest import run


def test_create_prints_the_key_alone_on_standard_output(cloud, capsys):
    assert run("keys", "create") == 0
    output = capsys.readouterr()
    assert output.out.startswith("rk_") and output.out.count("\n") == 1
    assert "not shown again" in output.err


def test_list_shows_states_and_no_secret(cloud, capsys):
    key, info = keys.create(cloud.client("dynamodb"), table="keys", name="a")
    run("keys", "revoke", key)
    capsys.readouterr()
    assert run("keys", "list", "--json") == 0
    printed = capsys.readouterr().out
    (listed,) = json.loads(printed)
    assert listed["key_id"] == info.key_id and listed["state"] == "revoked"
    assert "hash" not in listed and "salt" not in listed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--scopes", "classify,everything"), "'everything' is not a scope"),
        (("--scopes", ","), "is not a scope"),
        (("--burst", "5"), "--burst needs --rate"),
        (("--rate", "5", "--unlimited"), "--unlimited cannot be combined"),
        (("--expires", "soon"), "use for example 90d"),
        (("--expires", "0d"), "is not between"),
        (("--expires", "999999d"), "is not between"),
        (("--rate", "501"), "500"),
        (("--rate", "0"), "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(cloud, capsys, arguments, message):
    assert run("keys", "create", *arguments) == 2
    assert message in capsys.readouterr().err
    assert items() == []


def test_the_grace_is_stated(cloud, capsys):
    old = make(capsys)
    assert run("keys", "rotate", old["key_id"]) == 0
    output = capsys.readouterr()
    assert output.out.startswith("rk_") and "The old key works until 20" in output.err
    assert run("keys", "rotate", old["key_id"], "--grace", "0s", "--force") == 0
    assert "The old key is refused within 60 seconds (api.key_cache_seconds)." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("deployed", "message"),
    [
        (None, "within 60 seconds (api.key_cache_seconds)"),  # dev's settings
        ("5", "within 5 seconds (api.key_cache_seconds)"),
        ("0", "at once (api.key_cache_seconds is 0)"),
    ],
)
def test_how_soon_an_ended_key_is_refused_is_said_in_the_environment_s_seconds(
    cloud, capsys, monkeypatch, deployed, message
):
    if deployed:
        monkeypatch.setitem(cloud.stacks.by_part["Api"].outputs, "KeyCacheSeconds", deployed)
    made = make(capsys)
    assert run("keys", "rotate", made["key_id"], "--grace", "0s") == 0
    assert f"The old key is refused {message}." in capsys.readouterr().err
    assert run("keys", "revoke", made["key_id"]) == 0
    assert f"{made['key_id']} is revoked; the API refuses it {message}." in capsys.readouterr().err


def test_a_grace_shorter_than_the_cache_promises_no_more_than_the_cache(cloud, capsys):
    made = make(capsys)
    assert run("keys", "rotate", made["key_id"], "--grace", "30s") == 0
    assert "The old key is refused within 60 seconds" in capsys.readouterr().err


def test_the_list_shows_limits_states_and_the_use_of_today(cloud, capsys):
    busy = make(capsys, *FULL)
    free = make(capsys, "--unlimited", "--over-share")
    boto3.client("dynamodb").put_item(
        TableName="usage",
        Item={
            "key_id": {"S": busy["key_id"]},
            "day": {"S": datetime.now(UTC).strftime("%Y-%m-%d")},
            "requests": {"N": "321"},
        },
    )
    run("keys", "rotate", busy["key_id"])
    capsys.readouterr()
    assert run("keys", "list") == 0
    shown = capsys.readouterr().out
    assert "321 of 1,000" in shown and "20/s, 40 at once" in shown and "rotating" in shown and "unlimited" in shown
    assert shown.count("over its share") == 2
    assert run("keys", "list", "--json") == 0
    listed = {info["key_id"]: info for info in json.loads(capsys.readouterr().out)}
    assert (listed[busy["key_id"]]["used_today"], listed[free["key_id"]]["used_today"]) == (321, 0)
    assert not [name for info in listed.values() for name in info if "hash" in name or "salt" in name]


def test_no_key_is_made_for_an_api_that_looks_at_none(cloud, capsys, monkeypatch):
    api = cloud.settings.api.model_copy(update={"auth": "iam"})
    monkeypatch.setattr("ops.deployment.cloud.Cloud.settings", cloud.settings.model_copy(update={"api": api}))
    assert run("keys", "create") == 1
    assert "api.auth is iam" in capsys.readouterr().err
    assert items() == []
