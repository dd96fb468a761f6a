"""The tool that makes API keys and the authorizer that checks them agree, and both agree with fixed vectors."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from contracts.api import api_keys
from contracts.api.scopes import DEFAULT_SCOPES
from lambda_src.authorizer import logic
from lambda_src.authorizer.dal import KeyRecords
from ops.api import key_record, keys
from tests.tables import make_table

ROOT = Path(__file__).resolve().parents[2]
VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("api_key_vectors.json").read_text("utf-8")
)


def ids(vectors: list[dict[str, Any]]) -> list[str]:
    return [str(vector.get("why", vector.get("key", ""))) for vector in vectors]


@pytest.mark.parametrize("vector", VECTORS["keys"], ids=ids(VECTORS["keys"]))
def test_form_and_checksum(vector: dict[str, Any]) -> None:
    assert vector["key"] == vector["body"] + vector["check"]
    assert api_keys.checksum(vector["body"]) == vector["check"]
    assert api_keys.key_id_of(vector["key"]) == key_record.id_of(vector["key"]) == vector["key_id"]


@pytest.mark.parametrize("vector", VECTORS["hashes"])
def test_salted_hash(vector: dict[str, Any]) -> None:
    assert api_keys.key_hash(salt=vector["salt"], key=vector["key"]) == vector["hash"]


@pytest.mark.parametrize("vector", VECTORS["malformed"], ids=ids(VECTORS["malformed"]))
def test_malformed_keys(vector: dict[str, Any]) -> None:
    assert api_keys.key_id_of(vector["key"]) == ""


@pytest.mark.parametrize("vector", VECTORS["verdicts"], ids=ids(VECTORS["verdicts"]))
def test_verdicts(vector: dict[str, Any]) -> None:
    record = api_keys.KeyRecord(**vector["record"]) if vector["record"] else None
    assert logic.verdict(vector["key"], record, now=vector["now"]) == vector["verdict"]


def test_every_key_that_is_made_is_well_formed_and_another() -> None:
    made = {key_record.make_text() for _ in range(200)}
    assert len(made) == 200
    assert all(api_keys.key_id_of(key) == key_record.id_of(key) != "" for key in made)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="us-east-1")
        make_table(dynamodb, "keys", key_id="S")
        yield dynamodb


def verdict(dynamodb: Any, key: str) -> str:
    record = KeyRecords(dynamodb, table="keys", cache_seconds=0).get(api_keys.key_id_of(key))
    return logic.verdict(key, record, now=datetime.now(UTC).timestamp())


def test_a_key_s_life(table: Any) -> None:
    key, info = keys.create(table, table="keys", name="acme")
    assert verdict(table, key) == "ok"
    assert verdict(table, key_record.make_text()) == "unknown"
    keys.revoke(table, table="keys", key_id=info.key_id)
    assert verdict(table, key) == "revoked"


def test_a_key_that_expires(table: Any) -> None:
    now = datetime.now(UTC)
    late, _ = keys.create(table, table="keys", name="acme", expires_at=now + timedelta(days=1))
    over, _ = keys.create(table, table="keys", name="acme", expires_at=now - timedelta(days=1))
    assert (verdict(table, late), verdict(table, over)) == ("ok", "expired")


def test_both_keys_of_a_rotation(table: Any) -> None:
    old, info = keys.create(
        table, table="keys", name="acme", limits=key_record.Limits(rate=20, burst=40, daily_quota=9)
    )
    new, after = keys.rotate(table, table="keys", key_id=info.key_id, grace=timedelta(days=1))
    assert (verdict(table, old), verdict(table, new), after.key_id) == ("ok", "ok", info.key_id)
    newest, _ = keys.rotate(table, table="keys", key_id=info.key_id, grace=timedelta(0), force=True)
    assert [verdict(table, key) for key in (old, new, newest)] == ["unknown", "expired", "ok"]
    record = KeyRecords(table, table="keys", cache_seconds=0).get(info.key_id)
    assert record is not None
    assert (record.scopes, record.rate, record.burst, record.daily_quota) == (DEFAULT_SCOPES, 20, 40, 9)
    keys.revoke(table, table="keys", key_id=info.key_id)
    assert [verdict(table, key) for key in (new, newest)] == ["revoked", "revoked"]


def test_secret_scanners_find_every_key() -> None:
    [pattern] = re.findall(r"```\n(rk_\S+)\n```", (ROOT / "docs/api.md").read_text("utf-8"))
    assert all(re.fullmatch(pattern, vector["key"]) for vector in VECTORS["keys"])
    assert all(re.fullmatch(pattern, key_record.make_text()) for _ in range(100))
    assert pattern in (ROOT / "docs/operations.md").read_text("utf-8")


def test_the_table_never_holds_a_key(table: Any) -> None:
    key, _ = keys.create(table, table="keys", name="acme")
    assert key[14:] not in json.dumps(table.scan(TableName="keys")["Items"])
