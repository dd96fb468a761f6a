"""An API key, `rk_<key_id>_<secret><check>`, its stored hash, and its record in the table."""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from typing import Any

from contracts.api.scopes import LEGACY_SCOPES

ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LENGTH, SECRET_LENGTH, CHECK_LENGTH = 10, 40, 6
_FORM = re.compile(
    rf"(rk_([a-z2-7]{{{ID_LENGTH}}})_[0-9A-Za-z]{{{SECRET_LENGTH}}})([0-9A-Za-z]{{{CHECK_LENGTH}}})", re.ASCII
)


def checksum(body: str) -> str:
    """Six base-62 digits of the CRC-32 of `rk_<key_id>_<secret>`: distinguishes a mistyped key from a wrong one."""
    number = zlib.crc32(body.encode("ascii"))
    digits = ""
    for _ in range(CHECK_LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits


def key_id_of(key: str) -> str:
    """The key's id, or "" if its form or checksum is wrong (a typing mistake never costs a look-up)."""
    match = _FORM.fullmatch(key)
    if match is None or checksum(match[1]) != match[3]:
        return ""
    return match[2]


def key_hash(*, salt: str, key: str) -> str:
    """The stored hash, in hex: SHA-256 of the salt's hex digits followed by the key's text."""
    return hashlib.sha256((salt + key).encode("utf-8")).hexdigest()


@dataclass(frozen=True, kw_only=True)
class KeyRecord:
    """A key's record, which never holds the key itself. Each field is the DynamoDB attribute of its name.

    *_at: in seconds since 1970, None: never; but `created_at` and `rotated_at` are ISO 8601.
    ends_at: when the key stops working. expires_at: from when on DynamoDB may delete the record.
    previous_*: of the key before the last rotation, which is valid until `previous_expires_at`.
    rate None: the API's own limits; 0: none at all. daily_quota None: no quota.
    trusted: whether labels that come with it decide what a text's label is (`rubric keys create --trusted`).
    """

    key_id: str
    salt: str
    hash: str
    revoked: bool
    ends_at: int | None
    scopes: tuple[str, ...] = LEGACY_SCOPES
    trusted: bool = False
    rate: int | None = None
    burst: int | None = None
    daily_quota: int | None = None
    previous_salt: str = ""
    previous_hash: str = ""
    previous_expires_at: int | None = None
    name: str = ""
    created_at: str = ""
    rotated_at: str = ""
    expires_at: int | None = None


def item_of(record: KeyRecord) -> dict[str, Any]:
    """The DynamoDB item of a record, without what is None or ""."""
    return {name: _attribute(value) for name, value in vars(record).items() if value is not None and value != ""}


def _attribute(value: str | bool | int | tuple[str, ...]) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    return {"S": value} if isinstance(value, str) else {"L": [{"S": each} for each in value]}


def record_of(item: dict[str, Any]) -> KeyRecord:
    """The record in a DynamoDB item. Raises KeyError where the hash or its salt is missing."""
    scopes = item.get("scopes", {}).get("L")
    return KeyRecord(
        key_id=item["key_id"]["S"],
        salt=item["salt"]["S"],
        hash=item["hash"]["S"],
        revoked=bool(item.get("revoked", {}).get("BOOL", False)),
        # Older records have no `ends_at`: their end was in `expires_at`, DynamoDB's time to live.
        ends_at=whole(item, "ends_at" if "ends_at" in item else "expires_at"),
        scopes=LEGACY_SCOPES if scopes is None else tuple(scope["S"] for scope in scopes),
        trusted=bool(item.get("trusted", {}).get("BOOL", False)),
        rate=whole(item, "rate"),
        burst=whole(item, "burst"),
        daily_quota=whole(item, "daily_quota"),
        previous_salt=_text(item, "previous_salt"),
        previous_hash=_text(item, "previous_hash"),
        previous_expires_at=whole(item, "previous_expires_at"),
        name=_text(item, "name"),
        created_at=_text(item, "created_at"),
        rotated_at=_text(item, "rotated_at"),
        expires_at=whole(item, "expires_at"),
    )


def _text(item: dict[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def whole(item: dict[str, Any], name: str) -> int | None:
    """A whole number in an item; None if it is absent."""
    number = item.get(name, {}).get("N")
    return int(number) if number is not None else None
