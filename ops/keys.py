"""API keys: made here, stored as a salted hash only, checked by the API's authorizer.

A key reads `rk_<key_id>_<secret><check>`. tests/contract/api_key_vectors.json holds this and the authorizer together.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from ops.errors import NOT_FOUND, OpsError, code_of

ID_ALPHABET = string.ascii_lowercase + "234567"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID_LENGTH, SECRET_LENGTH, CHECK_LENGTH = 10, 40, 6


@dataclass(frozen=True)
class KeyInfo:
    """A stored key, as far as anyone can know it. `created_at` and `expires_at` in ISO 8601."""

    key_id: str
    name: str
    created_at: str
    revoked: bool
    expires_at: str | None

    def state(self, *, now: datetime) -> str:
        """active, revoked or expired."""
        if self.revoked:
            return "revoked"
        return "expired" if self.expires_at and datetime.fromisoformat(self.expires_at) <= now else "active"


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


def make_text() -> str:
    """A new key's text, with 238 random bits in its secret."""
    key_id = "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
    body = f"rk_{key_id}_{secret}"
    return body + checksum(body)


def id_of(key_or_id: str) -> str:
    """The key id in a key's text, or of an id itself; OpsError for anything else."""
    found = re.fullmatch(r"(?:rk_)?([a-z2-7]{10})(?:_[0-9A-Za-z]{46})?", key_or_id.strip())
    if not found:
        raise OpsError(f"{key_or_id[:14]!r} is not a key id: `rubric keys list` shows them")
    return found[1]


def create(dynamodb: Any, *, table: str, name: str, expires_at: datetime | None = None) -> tuple[str, KeyInfo]:
    """Make and store a key; its text, which exists nowhere else, and what is known of it."""
    key, salt = make_text(), secrets.token_bytes(16).hex()
    info = KeyInfo(
        key_id=id_of(key),
        name=name,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        revoked=False,
        expires_at=expires_at.isoformat(timespec="seconds") if expires_at else None,
    )
    item: dict[str, Any] = {
        "key_id": {"S": info.key_id},
        "salt": {"S": salt},
        "hash": {"S": hash_of(key, salt=salt)},
        "name": {"S": name},
        "created_at": {"S": info.created_at},
        "revoked": {"BOOL": False},
        "scopes": {"L": [{"S": "classify"}]},
    }
    if expires_at:
        item["expires_at"] = {"N": str(int(expires_at.timestamp()))}
    dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(key_id)")
    return key, info


def listed(dynamodb: Any, *, table: str) -> list[KeyInfo]:
    """Every stored key, oldest first."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        ProjectionExpression="key_id, #name, created_at, revoked, expires_at",
        ExpressionAttributeNames={"#name": "name"},
    )
    infos = [_info(item) for page in pages for item in page["Items"]]
    return sorted(infos, key=lambda info: (info.created_at, info.key_id))


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
        raise OpsError(f"There is no key {key_id}: `rubric keys list` shows them", status=NOT_FOUND) from None


def _info(item: dict[str, Any]) -> KeyInfo:
    expires_at = item.get("expires_at", {}).get("N")
    return KeyInfo(
        key_id=item["key_id"]["S"],
        name=item.get("name", {}).get("S", ""),
        created_at=item.get("created_at", {}).get("S", ""),
        revoked=bool(item.get("revoked", {}).get("BOOL", False)),
        expires_at=datetime.fromtimestamp(int(expires_at), UTC).isoformat(timespec="seconds") if expires_at else None,
    )
