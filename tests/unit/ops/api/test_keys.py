"""Tests the stored records of API keys, and rotation."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from contracts.api import api_keys
from ops.api import key_record, keys
from ops.errors import OpsError
from tests.unit.ops.api_keys import FULL, items, make
from tests.unit.ops.conftest import run


def test_a_key_has_the_contracts_form_and_only_its_hash_is_stored(cloud, capsys):
    assert run("keys", "create", "--name", "newsroom", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    key = printed["key"]
    body, check = key[:-6], key[-6:]
    assert key_record.checksum(body) == check and len(body) == len("rk_") + 10 + 1 + 40
    (item,) = items()
    assert item["key_id"]["S"] == printed["key_id"] == key.split("_")[1]
    assert item["hash"]["S"] == api_keys.key_hash(key=key, salt=item["salt"]["S"])
    assert len(item["salt"]["S"]) == 32 and item["revoked"]["BOOL"] is False
    assert key not in json.dumps(item) and key.split("_")[2][:40] not in json.dumps(item)


def test_a_key_s_record_outlives_it_by_all_that_is_kept_under_its_id(cloud, capsys):
    assert run("keys", "create", "--expires", "2d", "--json") == 0
    (item,) = items()
    ends, goes = int(item["ends_at"]["N"]), int(item["expires_at"]["N"])
    assert 1.9 * 86400 < ends - datetime.now(UTC).timestamp() < 2.1 * 86400
    data = cloud.settings.data
    assert goes - ends > max(data.request_log_days, data.example_days) * 86400


def test_a_record_of_before_ends_at_keeps_its_end_and_is_rotated_into_a_new_one(cloud, capsys):
    old = make(capsys)
    ends = int(datetime.now(UTC).timestamp()) + 3600
    change = {"UpdateExpression": "SET expires_at = :t", "ExpressionAttributeValues": {":t": {"N": str(ends)}}}
    cloud.client("dynamodb").update_item(TableName="keys", Key={"key_id": {"S": old["key_id"]}}, **change)
    (info,) = keys.listed(cloud.client("dynamodb"), table="keys")
    assert (
        datetime.fromisoformat(info.expires_at or "").timestamp() == ends
        and info.state(now=datetime.now(UTC)) == "active"
    )
    assert run("keys", "rotate", old["key_id"], "--expires", "90d") == 0
    (item,) = items()
    assert int(item["expires_at"]["N"]) > int(item["ends_at"]["N"]) > ends + 80 * 86_400


def test_an_ended_key_is_listed_until_its_record_s_own_time_is_over(cloud, capsys):
    for name, history in (("a", timedelta(days=5)), ("b", timedelta(days=2))):
        keys.create(
            cloud.client("dynamodb"),
            table="keys",
            name=name,
            expires_at=datetime.now(UTC) - timedelta(days=3),
            history=history,
        )
    assert run("keys", "list", "--json") == 0
    assert [(key["name"], key["state"]) for key in json.loads(capsys.readouterr().out)] == [("a", "expired")]


def test_revoking_what_is_not_there_makes_nothing(cloud, capsys):
    assert run("keys", "revoke", "aaaaaaaaaa") == 3
    assert "There is no key aaaaaaaaaa" in capsys.readouterr().err
    assert items() == []


def test_limits_and_scopes_are_stored_for_the_authorizer(cloud, capsys):
    printed = make(capsys, *FULL)
    (item,) = items()
    assert {name: item[name]["N"] for name in ("rate", "burst", "daily_quota")} == {
        "rate": "20",
        "burst": "40",
        "daily_quota": "1000",
    }
    assert item["scopes"]["L"] == [{"S": "classify"}, {"S": "feedback"}]
    assert (printed["rate"], printed["scopes"]) == (20, ["classify", "feedback"])


def test_without_options_a_key_has_all_but_admin_and_the_apis_limits(cloud, capsys):
    make(capsys)
    (item,) = items()
    assert [scope["S"] for scope in item["scopes"]["L"]] == ["classify", "feedback", "examples", "read"]
    assert not {"rate", "burst", "daily_quota", "ends_at", "expires_at"} & set(item)


def test_who_makes_a_key_for_labellers_hears_what_its_labels_decide(cloud, capsys):
    for arguments, waits in (
        (("--scopes", "label"), True),
        (("--scopes", "label", "--trusted"), False),
        ((), False),
    ):
        assert run("keys", "create", "--name", "desk", *arguments) == 0
        assert ("Labels of this key wait" in capsys.readouterr().err) is waits


def test_a_trusted_key_says_so_to_the_authorizer_and_in_the_list(cloud, capsys):
    assert make(capsys, "--trusted")["trusted"] is True
    assert items()[0]["trusted"] == {"BOOL": True}
    assert run("keys", "list") == 0
    assert "trusted" in capsys.readouterr().out
    assert run("keys", "rotate", items()[0]["key_id"]["S"]) == 0
    assert items()[0]["trusted"] == {"BOOL": True}


def test_an_unlimited_key_says_so_to_the_authorizer(cloud, capsys):
    make(capsys, "--unlimited", "--over-share")
    assert items()[0]["rate"]["N"] == "0"


def test_a_rotation_keeps_the_id_and_everything_but_the_secret(cloud, capsys):
    old = make(capsys, *FULL)
    (before,) = items()
    assert run("keys", "rotate", old["key"], "--grace", "2h", "--json") == 0
    new = json.loads(capsys.readouterr().out)
    (after,) = items()
    assert new["key"] != old["key"] and new["key_id"] == old["key_id"]
    assert after["hash"]["S"] == api_keys.key_hash(key=new["key"], salt=after["salt"]["S"])
    assert after["previous_hash"] == before["hash"] and after["previous_salt"] == before["salt"]
    grace = int(after["previous_expires_at"]["N"]) - datetime.now(UTC).timestamp()
    assert 7_100 < grace <= 7_200
    same = ("name", "scopes", "rate", "burst", "daily_quota", "revoked", "created_at")
    assert [after[name] for name in same] == [before[name] for name in same]
    # the same lifetime as the old one
    assert 0 <= int(after["ends_at"]["N"]) - int(before["ends_at"]["N"]) <= 5
    assert new["key"] not in json.dumps(after)


def test_an_old_key_never_outlives_its_own_end(cloud, capsys):
    old = make(capsys, "--expires", "1h")
    assert run("keys", "rotate", old["key_id"], "--grace", "7d", "--expires", "90d") == 0
    (item,) = items()
    assert int(item["previous_expires_at"]["N"]) - datetime.now(UTC).timestamp() <= 3600
    assert int(item["ends_at"]["N"]) - datetime.now(UTC).timestamp() > 89 * 86_400


def test_a_third_key_is_refused_while_two_work(cloud, capsys):
    old = make(capsys)
    assert run("keys", "rotate", old["key_id"]) == 0
    (first,) = items()
    capsys.readouterr()
    assert run("keys", "rotate", old["key_id"]) == 1
    assert "--force" in capsys.readouterr().err
    assert items() == [first]
    assert run("keys", "rotate", old["key_id"], "--force") == 0


def test_a_key_that_nobody_was_shown_is_replaced_and_the_older_one_goes_on(cloud, capsys):
    old = make(capsys)
    assert run("keys", "rotate", old["key_id"], "--lost") == 1
    assert "without --lost" in capsys.readouterr().err
    assert run("keys", "rotate", old["key_id"]) == 0
    (before,) = items()
    capsys.readouterr()
    assert run("keys", "rotate", old["key_id"], "--lost", "--json") == 0
    (after,) = items()
    previous = ("previous_hash", "previous_salt", "previous_expires_at")
    assert [after[name] for name in previous] == [before[name] for name in previous]
    assert after["hash"] != before["hash"]
    assert run("keys", "rotate", old["key_id"], "--lost", "--force") == 2


def test_what_does_not_hold_is_not_rotated(cloud, capsys):
    old = make(capsys)
    assert run("keys", "revoke", old["key_id"]) == 0
    capsys.readouterr()
    assert run("keys", "rotate", old["key_id"]) == 1
    assert "is revoked" in capsys.readouterr().err
    assert run("keys", "rotate", "aaaaaaaaaa") == 3


def test_a_rotation_that_another_one_overtakes_changes_nothing(cloud, capsys):
    old = make(capsys)
    dynamodb = cloud.client("dynamodb")

    class Overtaken:
        def get_item(self, **call):
            answer = dynamodb.get_item(**call)
            keys.revoke(dynamodb, table="keys", key_id=old["key_id"])
            return answer

        def update_item(self, **call):
            return dynamodb.update_item(**call)

    with pytest.raises(OpsError, match="somebody else"):
        keys.rotate(Overtaken(), table="keys", key_id=old["key_id"], grace=timedelta(days=1))
    (item,) = items()
    assert "previous_hash" not in item and item["revoked"]["BOOL"]
