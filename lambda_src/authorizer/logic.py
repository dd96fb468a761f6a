"""The verdict on an API key, and its limits. No I/O."""

from __future__ import annotations

import hmac

from contracts.api.api_keys import KeyRecord, key_hash
from lambda_src.authorizer.limits import Limits


def verdict(key: str, record: KeyRecord | None, *, now: float) -> str:
    """ok, unknown, revoked or expired, for a well-formed key and the record under its id (None: no record)."""
    # A missing record, or one that was never rotated, takes the same hashing and comparisons as any other.
    matches = _matches(key, salt=record.salt if record else "", hash_=record.hash if record else "")
    previous = _matches(key, salt=record.previous_salt if record else "", hash_=record.previous_hash if record else "")
    if record is None or not (matches or previous):
        return "unknown"
    if record.revoked:
        return "revoked"
    ends = [record.ends_at] if record.ends_at is not None else []
    if not matches:
        ends.append(record.previous_expires_at or 0)
    return "expired" if any(end <= now for end in ends) else "ok"


def _matches(key: str, *, salt: str, hash_: str) -> bool:
    """Whether `key` has the stored hash; an empty one never matches, after the same work."""
    computed = key_hash(salt=salt or "0" * 32, key=key)
    return hmac.compare_digest(computed.encode(), (hash_ or "0" * 64).encode())


def limits_of(record: KeyRecord, *, default: Limits) -> Limits | None:
    """How often the key may be used; None: without limits, and its requests are not counted."""
    if record.rate == 0:
        return None
    if record.rate is None:
        return Limits(rate=default.rate, burst=default.burst, daily_quota=record.daily_quota)
    return Limits(rate=record.rate, burst=record.burst or record.rate, daily_quota=record.daily_quota)
