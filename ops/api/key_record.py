"""An API key's text, and the record that is stored: name, lifetime, limits, and a salted hash of the text.

contracts/api/api_keys.py defines the form of both.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.api.api_keys import ALPHABET, ID_ALPHABET, ID_LENGTH, SECRET_LENGTH, checksum, record_of, whole
from contracts.api.scopes import DEFAULT_SCOPES
from ops.errors import OpsError


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a key may do. rate None: the default, api.key_rate; 0: not counted. daily_quota None: no quota.

    trusted: whether labels that come with it decide what a text's label is.
    """

    scopes: tuple[str, ...] = DEFAULT_SCOPES
    rate: int | None = None
    burst: int | None = None
    daily_quota: int | None = None
    trusted: bool = False


@dataclass(frozen=True)
class KeyInfo:
    """A stored key, without its secret. Times in ISO 8601. expires_at: when it stops working.

    previous_until: until when the key before the last rotation also works; None if there is none.
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
        """All fields as one flat dict, for JSON output."""
        own = {name: value for name, value in vars(self).items() if name != "limits"}
        return {**own, **vars(self.limits), "scopes": list(self.limits.scopes)}


def _is_over(moment: str | None, *, now: datetime) -> bool:
    return moment is not None and datetime.fromisoformat(moment) <= now


def info_of(item: dict[str, Any]) -> KeyInfo:
    # The hash and its salt are not part of a key's public information.
    record = record_of({"salt": {"S": ""}, "hash": {"S": ""}, **item})
    return KeyInfo(
        key_id=record.key_id,
        name=record.name,
        created_at=record.created_at,
        revoked=record.revoked,
        expires_at=_moment(record.ends_at),
        limits=Limits(
            scopes=record.scopes,
            rate=record.rate,
            burst=record.burst,
            daily_quota=record.daily_quota,
            trusted=record.trusted,
        ),
        rotated_at=record.rotated_at or None,
        previous_until=_moment(record.previous_expires_at),
    )


def _moment(seconds: int | None) -> str | None:
    return iso(datetime.fromtimestamp(seconds, UTC)) if seconds is not None else None


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def is_forgotten(item: dict[str, Any], *, now: float) -> bool:
    """Whether the record has expired. A record without `ends_at` expires with its key."""
    return "ends_at" in item and (whole(item, "expires_at") or now) < now


def ends(end: datetime | None, *, history: timedelta) -> dict[str, Any]:
    """The attributes for when a key ends, and when DynamoDB deletes its record (seconds since 1970).

    The table's time to live uses `expires_at`, and changing that attribute takes two deployments an hour apart
    (CloudFormation's "AWS::DynamoDB::GlobalTable TimeToLiveSpecification"), so the key's end has the other name.
    """
    if end is None:
        return {"ends_at": None, "expires_at": None}
    return {"ends_at": int(end.timestamp()), "expires_at": int((end + history).timestamp())}


def make_text(*, key_id: str = "") -> str:
    """A new key's text, with 238 random bits in its secret. Generates an id unless one is passed."""
    key_id = key_id or "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
    body = f"rk_{key_id}_{secret}"
    return body + checksum(body)


def id_of(key_or_id: str) -> str:
    """The key id in a key's text, or of an id itself; OpsError for anything else."""
    match = re.fullmatch(r"(?:rk_)?([a-z2-7]{10})(?:_[0-9A-Za-z]{46})?", key_or_id.strip())
    if not match:
        raise OpsError(f"{key_or_id[:14]!r} is not a key id: `rubric keys list` shows all ids")
    return match[1]
