"""Tests contracts/api/api_keys.py: a key's record in the table."""

from __future__ import annotations

from contracts.api.api_keys import KeyRecord, item_of, record_of

FULL = KeyRecord(
    key_id="abcdefgh23",
    salt="00",
    hash="11",
    revoked=True,
    ends_at=1_800_000_000,
    scopes=("classify", "feedback"),
    rate=0,
    burst=40,
    daily_quota=1000,
    previous_salt="22",
    previous_hash="33",
    previous_expires_at=1_790_000_000,
    name="acme",
    created_at="2026-01-01T00:00:00+00:00",
    rotated_at="2026-02-01T00:00:00+00:00",
    expires_at=1_810_000_000,
)


def test_a_full_record_is_read_as_it_was_written() -> None:
    item = item_of(FULL)
    assert set(item) == set(vars(FULL))
    assert (item["revoked"], item["rate"]) == ({"BOOL": True}, {"N": "0"})
    assert item["scopes"] == {"L": [{"S": "classify"}, {"S": "feedback"}]}
    assert record_of(item) == FULL


def test_a_record_s_empty_fields_are_not_written() -> None:
    record = KeyRecord(key_id="abcdefgh23", salt="00", hash="11", revoked=False, ends_at=None, scopes=())
    item = item_of(record)
    assert set(item) == {"key_id", "salt", "hash", "revoked", "scopes", "trusted"}
    assert item["revoked"] == {"BOOL": False}
    assert record_of(item) == record
