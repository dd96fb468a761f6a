"""API keys: made here, checked by the API's authorizer.

Rotating keeps the id, and with it the limits, the use of the day and the requests that the key may look at.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contracts.api_keys import KeyRecord, item_of, key_hash, record_of
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
    """Make and store a key; its text, which exists nowhere else, and what is known of it.

    history: how much longer than the key itself its record is kept, for what is logged under its id.
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
    """Whether a write whose answers were lost has worked: a condition then fails as botocore makes it once more."""
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
    """Give the key of this id a new text; the old one works for `grace` more. The new text and what is known of it.

    history: as in `create`. Without `expires_at` the new one lives as long as the old one was made for. lost: nobody
    has the text of the last rotation, so that the new one takes its place and the one before that goes on. Raises
    OpsError for a key that is revoked, expired or, unless `force` or `lost`, still has an older text that works.
    """
    now = datetime.now(UTC)
    item = _item(dynamodb, table=table, key_id=key_id)
    info = info_of(item)
    _refuse_to_rotate(info, now=now, force=force or lost)
    if lost and info.state(now=now) != "rotating":
        raise OpsError(f"{key_id} has no older key that works: rotate it without --lost")
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
            raise OpsError(f"{key_id} was changed by somebody else meanwhile: see `rubric keys list`") from None
        changed = _item(dynamodb, table=table, key_id=key_id)
    return text, info_of(changed)


def _refuse_to_rotate(info: KeyInfo, *, now: datetime, force: bool) -> None:
    """Raises OpsError for a key that cannot be rotated."""
    state = info.state(now=now)
    if state in ("revoked", "expired"):
        raise OpsError(f"{info.key_id} is {state}: make another with `rubric keys create`")
    if state == "rotating" and not force:
        raise OpsError(
            f"{info.key_id} was rotated before and its older key works until {info.previous_until}; a third cannot "
            "work beside them: wait, end the older one now with --force, or, if nobody has the newer one, replace that "
            "with --lost"
        )


def _replace(
    dynamodb: Any, new: dict[str, dict[str, str]], *, table: str, key_id: str, replacing: dict[str, str]
) -> dict[str, Any]:
    """Writes a rotation's attributes over the key with the hash `replacing`; the record as it is then. Raises
    botocore's errors.
    """
    changed = dynamodb.update_item(
        TableName=table,
        Key={"key_id": {"S": key_id}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in new),
        # Not over a rotation or a revocation that somebody else makes at this moment.
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
    """Every stored key, oldest first; no record whose time is over, which DynamoDB deletes some days later."""
    now = datetime.now(UTC).timestamp()
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    infos = [info_of(item) for page in pages for item in page["Items"] if not is_forgotten(item, now=now)]
    return sorted(infos, key=lambda info: (info.created_at, info.key_id))


def used_today(dynamodb: Any, *, table: str, key_ids: list[str]) -> dict[str, int]:
    """Requests of each key since midnight UTC; keys without any are absent."""
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
    """Mark a key as revoked for good; OpsError when there is none of that id."""
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
    """The record, {} where there is none."""
    answer = dynamodb.get_item(TableName=table, Key={"key_id": {"S": key_id}}, ConsistentRead=True)
    return dict(answer.get("Item", {}))


def _no_key(key_id: str) -> OpsError:
    return OpsError(f"There is no key {key_id}: `rubric keys list` shows them", status=NOT_FOUND)
