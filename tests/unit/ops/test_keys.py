"""rubric keys: what is made, what is stored, and what the authorizer's side of the contract says of it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from ops import keys
from ops.errors import OpsError
from tests.unit.ops.conftest import NOW, run

VECTORS = Path(__file__).resolve().parents[2] / "contract/api_key_vectors.json"


def items() -> list[dict]:
    return boto3.client("dynamodb").scan(TableName="keys")["Items"]


def test_a_key_has_the_contracts_form_and_only_its_hash_is_stored(cloud, capsys):
    assert run("keys", "create", "--name", "newsroom", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    key = printed["key"]
    body, check = key[:-6], key[-6:]
    assert keys.checksum(body) == check and len(body) == len("rk_") + 10 + 1 + 40
    (item,) = items()
    assert item["key_id"]["S"] == printed["key_id"] == key.split("_")[1]
    assert item["hash"]["S"] == keys.hash_of(key, salt=item["salt"]["S"])
    assert len(item["salt"]["S"]) == 32 and item["revoked"]["BOOL"] is False
    assert key not in json.dumps(item) and key.split("_")[2][:40] not in json.dumps(item)


def test_keys_differ(cloud):
    assert len({keys.make_text() for _ in range(200)}) == 200


def test_an_expiring_key_carries_the_tables_time_to_live(cloud, capsys):
    assert run("keys", "create", "--expires-in-days", "2", "--json") == 0
    expires = int(items()[0]["expires_at"]["N"])
    assert 1.9 * 86400 < expires - datetime.now(UTC).timestamp() < 2.1 * 86400


def test_create_prints_the_key_alone_on_standard_output(cloud, capsys):
    assert run("keys", "create") == 0
    said = capsys.readouterr()
    assert said.out.startswith("rk_") and said.out.count("\n") == 1
    assert "shown this once" in said.err


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
    ("revoked", "expires_at", "state"),
    [
        (False, None, "active"),
        (True, None, "revoked"),
        (False, "2026-11-19T00:00:00+00:00", "expired"),
        (False, "2026-11-21T00:00:00+00:00", "active"),
    ],
)
def test_states(revoked, expires_at, state):
    info = keys.KeyInfo("a", "n", "2026-01-01T00:00:00+00:00", revoked, expires_at)
    assert info.state(now=NOW) == state


def test_revoking_what_is_not_there_makes_nothing(cloud, capsys):
    assert run("keys", "revoke", "aaaaaaaaaa") == 3
    assert "There is no key aaaaaaaaaa" in capsys.readouterr().err
    assert items() == []


def test_a_mistyped_id_is_refused_without_showing_a_secret():
    with pytest.raises(OpsError, match="is not a key id"):
        keys.id_of("rk_AAAAAAAAAA_secret")


def test_the_shared_vectors_hold():
    vectors = json.loads(VECTORS.read_text())
    assert vectors["keys"] and vectors["hashes"]
    for entry in vectors["keys"]:
        assert keys.checksum(entry["body"]) == entry["check"]
        assert keys.id_of(entry["key"]) == entry["key_id"]
    for entry in vectors["hashes"]:
        assert keys.hash_of(entry["key"], salt=entry["salt"]) == entry["hash"]
