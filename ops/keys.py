"""API keys: made here, stored as a salted hash only, checked by the API's authorizer.

A key reads `rk_<key_id>_<secret><check>`. tests/contract/api_key_vectors.json holds this and the authorizer together.
Rotating keeps the id, and with it the limits, the use of the day and the requests that the key may look at.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from ops.errors import NOT_FOUND, OpsError, code_of

ID_ALPHABET = string.ascii_lowercase + "234567"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID_LENGTH, SECRET_LENGTH, CHECK_LENGTH = 10, 40, 6


SCOPES = ("classify", "feedback", "examples", "read", "admin")
DEFAULT_SCOPES = ("classify", "feedback", "examples", "read")
OF_OLD = ("classify",)  # what a key may do that was made before there were scopes
# A key's use is counted in one DynamoDB item, which takes 1,000 writes a second, refused ones included.
MAX_RATE = 500


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a key may do. rate None: the default, api.key_rate; 0: nobody counts. daily_quota None: no quota."""

    scopes: tuple[str, ...] = DEFAULT_SCOPES
    rate: int | None = None
    burst: int | None = None
    daily_quota: int | None = None


@dataclass(frozen=True)
class KeyInfo:
    """A stored key, as far as anyone can know it. Times in ISO 8601. expires_at: when it stops working.

    previous_until: until when the key before the last rotation works too; None where there is none.
    """

    key_id: str
    name: str
    created_at: str
    revoked: bool
    expires_at: str | None
    limits: Limits = Limits()
    rotated_at: str | None = None
    previous_until: str | None = None

    def state(self, *, now: datetime) -> str:
        """active, rotating (two keys work), revoked or expired."""
        if self.revoked:
            return "revoked"
        if _is_over(self.expires_at, now=now):
            return "expired"
        return "rotating" if self.previous_until and not _is_over(self.previous_until, now=now) else "active"

    def document(self) -> dict[str, Any]:
        """For programs: all of it, flat."""
        own = {name: value for name, value in vars(self).items() if name != "limits"}
        return {**own, **vars(self.limits), "scopes": list(self.limits.scopes)}


def _is_over(moment: str | None, *, now: datetime) -> bool:
    return moment is not None and datetime.fromisoformat(moment) <= now


def checksum(text: str) -> str:
    """Six base-62 digits of CRC-32 over `text`: tells a mistyped key from a wrong one without a look-up."""
    number, digits = zlib.crc32(text.encode()), ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits.rjust(CHECK_LENGTH, "0")


def hash_of(key: str, *, salt: str) -> str:
    """What is stored: hex SHA-256 of the salt's hex digits and the key."""
    return hashlib.sha256((salt + key).encode()).hexdigest()


def make_text(*, key_id: str = "") -> str:
    """A new key's text, with 238 random bits in its secret; under a new id unless one is given."""
    key_id = key_id or "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
    body = f"rk_{key_id}_{secret}"
    return body + checksum(body)


def id_of(key_or_id: str) -> str:
    """The key id in a key's text, or of an id itself; OpsError for anything else."""
    found = re.fullmatch(r"(?:rk_)?([a-z2-7]{10})(?:_[0-9A-Za-z]{46})?", key_or_id.strip())
    if not found:
        raise OpsError(f"{key_or_id[:14]!r} is not a key id: `rubric keys list` shows them")
    return found[1]


def create(
    dynamodb: Any,
    *,
    table: str,
    name: str,
    expires_at: datetime | None = None,
    history: timedelta = timedelta(0),
    limits: Limits = Limits(),
) -> tuple[str, KeyInfo]:
    """Make and store a key; its text, which exists nowhere else, and what is known of it.

    history: how much longer than the key itself its record is kept, for what is logged under its id.
    """
    key, salt = make_text(), secrets.token_bytes(16).hex()
    info = KeyInfo(
        key_id=id_of(key),
        name=name,
        created_at=_iso(datetime.now(UTC)),
        revoked=False,
        expires_at=_iso(expires_at) if expires_at else None,
        limits=limits,
    )
    item: dict[str, Any] = {
        "key_id": {"S": info.key_id},
        "salt": {"S": salt},
        "hash": {"S": hash_of(key, salt=salt)},
        "name": {"S": name},
        "created_at": {"S": info.created_at},
        "revoked": {"BOOL": False},
        "scopes": {"L": [{"S": scope} for scope in limits.scopes]},
    }
    numbers = {"rate": limits.rate, "burst": limits.burst, "daily_quota": limits.daily_quota}
    item |= {name: {"N": str(number)} for name, number in numbers.items() if number is not None}
    if expires_at:
        item |= {name: {"N": value} for name, value in _ends(expires_at, history=history).items()}
    try:
        dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(key_id)")
    except ClientError as error:
        if not _was_ours(error, dynamodb, table=table, key_id=info.key_id, hashed=item["hash"]):
            raise
    return key, info


def _was_ours(error: ClientError, dynamodb: Any, *, table: str, key_id: str, hashed: dict[str, str]) -> bool:
    """Whether a condition failed because a first try, whose answer was lost, had worked: botocore makes another."""
    if code_of(error) != "ConditionalCheckFailedException":
        return False
    return bool(_item(dynamodb, table=table, key_id=key_id).get("hash") == hashed)


def rotate(
    dynamodb: Any,
    *,
    table: str,
    key_id: str,
    grace: timedelta,
    expires_at: datetime | None = None,
    history: timedelta = timedelta(0),
    force: bool = False,
) -> tuple[str, KeyInfo]:
    """Give the key of this id a new text; the old one works for `grace` more. The new text and what is known of it.

    history: as in `create`. Without `expires_at` the new one lives as long as the old one was made for. Raises OpsError
    for a key that is revoked, expired or, unless `force`, still has an older text that works.
    """
    now = datetime.now(UTC)
    item = _item(dynamodb, table=table, key_id=key_id)
    info = _info(item)
    state = info.state(now=now)
    if state in ("revoked", "expired"):
        raise OpsError(f"{key_id} is {state}: make another with `rubric keys create`")
    if state == "rotating" and not force:
        raise OpsError(
            f"{key_id} was rotated before and its older key works until {info.previous_until}; a third cannot work "
            "beside them: wait, or end the older one now with --force"
        )
    if expires_at is None and info.expires_at:
        made = datetime.fromisoformat(info.rotated_at or info.created_at)
        expires_at = now + (datetime.fromisoformat(info.expires_at) - made)
    text, salt = make_text(key_id=key_id), secrets.token_bytes(16).hex()
    until = now + grace
    if info.expires_at:
        until = min(until, datetime.fromisoformat(info.expires_at))
    values = {
        ":salt": {"S": salt},
        ":hash": {"S": hash_of(text, salt=salt)},
        ":old_salt": item["salt"],
        ":old_hash": item["hash"],
        ":until": {"N": str(int(until.timestamp()))},
        ":now": {"S": _iso(now)},
        ":no": {"BOOL": False},
    }
    change = (
        "SET salt = :salt, #hash = :hash, previous_salt = :old_salt, previous_hash = :old_hash, "
        "previous_expires_at = :until, rotated_at = :now"
    )
    if expires_at:
        for name, value in _ends(expires_at, history=history).items():
            change += f", {name} = :{name}"
            values[f":{name}"] = {"N": value}
    try:
        changed = dynamodb.update_item(
            TableName=table,
            Key={"key_id": {"S": key_id}},
            UpdateExpression=change,
            # Not over a rotation or a revocation that somebody else makes at this moment.
            ConditionExpression="#hash = :old_hash AND revoked = :no",
            ExpressionAttributeNames={"#hash": "hash"},
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
        )
    except ClientError as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
        if not _was_ours(error, dynamodb, table=table, key_id=key_id, hashed=values[":hash"]):
            raise OpsError(f"{key_id} was changed by somebody else meanwhile: look at `rubric keys list`") from None
        return text, _info(_item(dynamodb, table=table, key_id=key_id))
    return text, _info(changed["Attributes"])


def _ends(end: datetime, *, history: timedelta) -> dict[str, str]:
    """The attributes that say when a key ends, and when DynamoDB is to delete its record (seconds since 1970).

    The table's time to live looks at `expires_at`, and to let it look elsewhere takes two deployments an hour apart
    (CloudFormation's "AWS::DynamoDB::GlobalTable TimeToLiveSpecification"): so the key's end has the other name.
    """
    return {"ends_at": str(int(end.timestamp())), "expires_at": str(int((end + history).timestamp()))}


def listed(dynamodb: Any, *, table: str) -> list[KeyInfo]:
    """Every stored key, oldest first; no record whose time is over, which DynamoDB deletes some days later."""
    now = datetime.now(UTC).timestamp()
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    infos = [_info(item) for page in pages for item in page["Items"] if not _is_forgotten(item, now=now)]
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


def _is_forgotten(item: dict[str, Any], *, now: float) -> bool:
    """Whether the record's own time is over. One without `ends_at` has only the key's end."""
    return "ends_at" in item and (_whole(item, "expires_at") or now) < now


def _item(dynamodb: Any, *, table: str, key_id: str) -> dict[str, Any]:
    answer = dynamodb.get_item(TableName=table, Key={"key_id": {"S": key_id}}, ConsistentRead=True)
    if "Item" not in answer:
        raise _no_key(key_id)
    return dict(answer["Item"])


def _no_key(key_id: str) -> OpsError:
    return OpsError(f"There is no key {key_id}: `rubric keys list` shows them", status=NOT_FOUND)


def _info(item: dict[str, Any]) -> KeyInfo:
    scopes = item.get("scopes", {}).get("L")
    return KeyInfo(
        key_id=item["key_id"]["S"],
        name=item.get("name", {}).get("S", ""),
        created_at=item.get("created_at", {}).get("S", ""),
        revoked=bool(item.get("revoked", {}).get("BOOL", False)),
        # Records of before `ends_at` have their end where DynamoDB's time to live looks.
        expires_at=_moment(item, "ends_at" if "ends_at" in item else "expires_at"),
        limits=Limits(
            scopes=OF_OLD if scopes is None else tuple(scope["S"] for scope in scopes),
            rate=_whole(item, "rate"),
            burst=_whole(item, "burst"),
            daily_quota=_whole(item, "daily_quota"),
        ),
        rotated_at=item.get("rotated_at", {}).get("S"),
        previous_until=_moment(item, "previous_expires_at"),
    )


def _whole(item: dict[str, Any], name: str) -> int | None:
    number = item.get(name, {}).get("N")
    return int(number) if number is not None else None


def _moment(item: dict[str, Any], name: str) -> str | None:
    seconds = _whole(item, name)
    return _iso(datetime.fromtimestamp(seconds, UTC)) if seconds is not None else None


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
