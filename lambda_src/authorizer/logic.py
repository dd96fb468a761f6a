"""API keys: their form, checksum and salted hash, and the verdict on one. No AWS here.

A key is `rk_<key_id>_<secret><check>`; tests/contract/api_key_vectors.json binds this to the tool that makes keys.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib

from lambda_src.authorizer.record import KeyRecord

_FORM = re.compile(r"(rk_([a-z2-7]{10})_[0-9A-Za-z]{40})([0-9A-Za-z]{6})")
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


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
    # An absent record, and one that was never rotated, cost the same hashing and comparisons as any other.
    matches = _matches(key, salt=record.salt if record else "", hash_=record.hash if record else "")
    previous = _matches(key, salt=record.previous_salt if record else "", hash_=record.previous_hash if record else "")
    if record is None or not (matches or previous):
        return "unknown"
    if record.revoked:
        return "revoked"
    ends = [record.ends_at] if record.ends_at is not None else []
    if not matches:
        ends.append(record.previous_expires_at)
    return "expired" if any(end <= now for end in ends) else "ok"


def _matches(key: str, *, salt: str, hash_: str) -> bool:
    """Whether `key` has the stored hash; with an empty one the same work for a no."""
    found = key_hash(salt=salt or "0" * 32, key=key)
    return hmac.compare_digest(found.encode(), (hash_ or "0" * 64).encode())
