"""API keys: created here, checked by the API's authorizer.

Rotating a key keeps its id, and with it the limits, the day's use and the requests that the key may see.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contracts.api.api_keys import KeyRecord, item_of, key_hash, record_of
from ops.api.key_record import KeyInfo, Limits, ends, id_of, info_of, is_forgotten, iso, make_text
from ops.errors import NOT_FOUND, OpsError, code_of

_NO_LIMITS = Limits()


def create(
    dynamodb: Any,
    *,
    table: str,
    name: str,
    expires_at: datetime | None = None,
    history: timedelta = timedelta(0),
    limits: Limits = _NO_LIMITS,
) -> tuple[str, KeyInfo]:
    """Create and store a key. Returns its text, which is stored nowhere, and its information.

    history: how long to keep the record after the key ends, for the requests logged under its id.
    """
    key, salt = make_text(), secrets.token_bytes(16).hex()
    record = KeyRecord(
        key_id=id_of(key),
        salt=salt,
        hash=key_hash(salt=salt, key=key),
        revoked=False,
        name=name,
        created_at=iso(datetime.now(UTC)),
        **vars(limits),
        **ends(expires_at, history=history),
    )
    item = item_of(record)
    info = info_of(item)
    try:
        dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(key_id)")
    except (BotoCoreError, ClientError) as error:
        if not _has_worked(error, dynamodb, table=table, key_id=info.key_id, hashed=item["hash"]):
            raise
    return key, info


def _has_worked(error: Exception, dynamodb: Any, *, table: str, key_id: str, hashed: dict[str, str]) -> bool:
    """Whether a write succeeded although its answer was lost: botocore's retry then fails on the condition."""
    if isinstance(error, ClientError) and code_of(error) != "ConditionalCheckFailedException":
        return False
    return bool(_found(dynamodb, table=table, key_id=key_id).get("hash") == hashed)


def rotate(
    dynamodb: Any,
    *,
    table: str,
    key_id: str,
    grace: timedelta,
    expires_at: datetime | None = None,
    history: timedelta = timedelta(0),
    force: bool = False,
    lost: bool = False,
) -> tuple[str, KeyInfo]:
    """Give the key a new text; the old one keeps working for `grace`. Returns the new text and its information.

    history: as in `create`. Without `expires_at` the new text gets the lifetime of the old one. lost: nobody has the
    text of the last rotation, so the new one replaces it and the one before keeps working. Raises OpsError for a key
    that is revoked or expired, or whose older text still works (unless `force` or `lost`).
    """
    now = datetime.now(UTC)
    item = _item(dynamodb, table=table, key_id=key_id)
    info = info_of(item)
    _refuse_to_rotate(info, now=now, force=force or lost)
    if lost and info.state(now=now) != "rotating":
        raise OpsError(f"{key_id} has no older key that still works: rotate it without --lost")
    if expires_at is None and info.expires_at:
        made = datetime.fromisoformat(info.rotated_at or info.created_at)
        expires_at = now + (datetime.fromisoformat(info.expires_at) - made)
    until = now + grace
    if info.expires_at:
        until = min(until, datetime.fromisoformat(info.expires_at))
    text, salt = make_text(key_id=key_id), secrets.token_bytes(16).hex()
    record = record_of(item)
    fields: dict[str, Any] = {"salt": salt, "hash": key_hash(salt=salt, key=text), "rotated_at": iso(now)}
    if not lost:
        fields |= {"previous_salt": record.salt, "previous_hash": record.hash}
        fields["previous_expires_at"] = int(until.timestamp())
    if expires_at:
        fields |= ends(expires_at, history=history)
    new = {name: value for name, value in item_of(replace(record, **fields)).items() if name in fields}
    try:
        changed = _replace(dynamodb, new, table=table, key_id=key_id, replacing=item["hash"])
    except (BotoCoreError, ClientError) as error:
        if not _has_worked(error, dynamodb, table=table, key_id=key_id, hashed=new["hash"]):
            if isinstance(error, BotoCoreError) or code_of(error) != "ConditionalCheckFailedException":
                raise
            raise OpsError(f"{key_id} was changed by somebody else in the meantime: see `rubric keys list`") from None
        changed = _item(dynamodb, table=table, key_id=key_id)
    return text, info_of(changed)


def _refuse_to_rotate(info: KeyInfo, *, now: datetime, force: bool) -> None:
    """Raises OpsError for a key that cannot be rotated."""
    state = info.state(now=now)
    if state in ("revoked", "expired"):
        raise OpsError(f"{info.key_id} is {state}: create another key with `rubric keys create`")
    if state == "rotating" and not force:
        raise OpsError(
            f"{info.key_id} was rotated before and its older key works until {info.previous_until}; only two keys can "
            "work at a time: wait, end the older one now with --force or, if the newer one was lost, replace that one "
            "with --lost"
        )


def _replace(
    dynamodb: Any, new: dict[str, dict[str, str]], *, table: str, key_id: str, replacing: dict[str, str]
) -> dict[str, Any]:
    """Update the record whose hash is `replacing`. Returns the new record. Raises botocore's errors."""
    changed = dynamodb.update_item(
        TableName=table,
        Key={"key_id": {"S": key_id}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in new),
        # Do not overwrite a concurrent rotation or revocation.
        ConditionExpression="#hash = :replacing AND revoked = :no",
        ExpressionAttributeNames={f"#{name}": name for name in new},
        ExpressionAttributeValues={
            **{f":{name}": value for name, value in new.items()},
            ":replacing": replacing,
            ":no": {"BOOL": False},
        },
        ReturnValues="ALL_NEW",
    )
    return dict(changed["Attributes"])


def listed(dynamodb: Any, *, table: str) -> list[KeyInfo]:
    """Every stored key, oldest first, without expired records, which DynamoDB deletes within some days."""
    now = datetime.now(UTC).timestamp()
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    infos = [info_of(item) for page in pages for item in page["Items"] if not is_forgotten(item, now=now)]
    return sorted(infos, key=lambda info: (info.created_at, info.key_id))


def used_today(dynamodb: Any, *, table: str, key_ids: list[str]) -> dict[str, int]:
    """The number of requests of each key since midnight UTC; keys without requests are absent."""
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    counts: dict[str, int] = {}
    for start in range(0, len(key_ids), 100):
        wanted = [{"key_id": {"S": key_id}, "day": {"S": day}} for key_id in key_ids[start : start + 100]]
        request: dict[str, Any] = {table: {"Keys": wanted}}
        while request:
            answer = dynamodb.batch_get_item(RequestItems=request)
            counts |= {item["key_id"]["S"]: int(item["requests"]["N"]) for item in answer["Responses"].get(table, [])}
            request = answer.get("UnprocessedKeys", {})
    return counts


def revoke(dynamodb: Any, *, table: str, key_id: str) -> None:
    """Mark a key as revoked, permanently. Raises OpsError if the key does not exist."""
    try:
        dynamodb.update_item(
            TableName=table,
            Key={"key_id": {"S": key_id}},
            UpdateExpression="SET revoked = :yes",
            ConditionExpression="attribute_exists(key_id)",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )
    except ClientError as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
        raise _no_key(key_id) from None


def _item(dynamodb: Any, *, table: str, key_id: str) -> dict[str, Any]:
    item = _found(dynamodb, table=table, key_id=key_id)
    if not item:
        raise _no_key(key_id)
    return item


def _found(dynamodb: Any, *, table: str, key_id: str) -> dict[str, Any]:
    """The record; {} if there is none."""
    answer = dynamodb.get_item(TableName=table, Key={"key_id": {"S": key_id}}, ConsistentRead=True)
    return dict(answer.get("Item", {}))


def _no_key(key_id: str) -> OpsError:
    return OpsError(f"There is no key {key_id}: `rubric keys list` shows all keys", status=NOT_FOUND)
