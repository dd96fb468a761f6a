"""API keys: their form, checksum and salted hash, and the verdict on one. No AWS here.

A key is `rk_<key_id>_<secret><check>`; tests/contract/api_key_vectors.json binds this to the tool that makes keys.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from dataclasses import dataclass

_FORM = re.compile(r"(rk_([a-z2-7]{10})_[0-9A-Za-z]{40})([0-9A-Za-z]{6})")
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, kw_only=True)
class KeyRecord:
    """What is stored of a key: never the key itself. `expires_at` is in epoch seconds, None = never."""

    key_id: str
    salt: str
    hash: str
    revoked: bool
    expires_at: int | None


def checksum(body: str) -> str:
    """Six base-62 digits of the CRC-32 of `rk_<key_id>_<secret>`."""
    number = zlib.crc32(body.encode("ascii"))
    digits = ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits = _DIGITS[rest] + digits
    return digits


def key_id_of(key: str) -> str:
    """The key's id, or "" when its form or checksum is wrong (a typing mistake never costs a look-up)."""
    match = _FORM.fullmatch(key)
    if match is None or checksum(match[1]) != match[3]:
        return ""
    return match[2]


def key_hash(*, salt: str, key: str) -> str:
    """The stored hash: SHA-256 of the salt's hex digits followed by the key's text."""
    return hashlib.sha256((salt + key).encode("utf-8")).hexdigest()


def verdict(key: str, record: KeyRecord | None, *, now: float) -> str:
    """ok, unknown, revoked or expired, for a well-formed key and the record under its id (None: there is none)."""
    # An absent record costs the same hashing and comparison as a present one.
    salt, expected = (record.salt, record.hash) if record else ("0" * 32, "0" * 64)
    matches = hmac.compare_digest(key_hash(salt=salt, key=key).encode(), expected.encode())
    if record is None or not matches:
        return "unknown"
    if record.revoked:
        return "revoked"
    if record.expires_at is not None and record.expires_at <= now:
        return "expired"
    return "ok"
