"""The cursor of a list: where it continues, in a form that callers can keep but not forge. No I/O.

A cursor is signed with a key that only the API has, together with the API key and the filters that it was made for. It
names no partition: the caller's key alone decides whose requests are listed, so even a validly signed cursor gives no
access.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from contracts.logs import request_log
from lambda_src.common.problems import Problem

_SIGNATURE_BYTES = 16
_A_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
# Longer than any request log keeps its texts (data.request_log_days): each day in between would be a query.
_LONGEST = timedelta(days=3660)


class Keys(Protocol):
    """The keys that cursors are signed with, the current one first (signing_keys.SigningKeys)."""

    def known(self) -> tuple[bytes, ...]: ...

    def reread(self) -> tuple[bytes, ...]: ...


@dataclass(frozen=True, kw_only=True)
class Position:
    """A position in the list: texts from the time `since` on that come before `before` in the log's order.

    before: a place of `request_log`, or a day, for all texts older than that day; None at the beginning of the list.
    """

    since: str
    before: str | None


def write(position: Position, *, bound_to: str, keys: Keys) -> str:
    """The cursor of a position."""
    raw = json.dumps([position.since, position.before], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_signature(raw, bound_to, keys.known()[0]) + raw).decode().rstrip("=")


def read(cursor: str, *, bound_to: str, keys: Keys) -> Position:
    """The position of a cursor; raises Problem 422 for one that was not made here for the same key and filters."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        signature, rest = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        # The key may have been rotated since the keys were read: signatures of the new one are valid at once.
        if not (_signed(signature, rest, bound_to, keys.known()) or _signed(signature, rest, bound_to, keys.reread())):
            raise ValueError("another signature")
        return _position(json.loads(rest))
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        detail = "`cursor` does not belong to this list: send the `next_cursor` of the last page with the same filters."
        raise Problem("invalid-input", detail) from error


def _signed(signature: bytes, raw: bytes, bound_to: str, keys: tuple[bytes, ...]) -> bool:
    return any(hmac.compare_digest(signature, _signature(raw, bound_to, key)) for key in keys)


def _signature(raw: bytes, bound_to: str, key: bytes) -> bytes:
    # The number is the format's version: cursors of another version have another signature.
    message = b"rubric-cursor-3\0" + bound_to.encode() + b"\0" + raw
    return hmac.new(key, message, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _position(value: Any) -> Position:
    since, before = value
    place = request_log.is_place(before)
    if not _TIME.fullmatch(since) or not (place or _A_DAY.fullmatch(before)):
        raise ValueError("neither a place nor a day")
    first, last = date.fromisoformat(since[:10]), date.fromisoformat(before[:10])
    if last < first or last - first > _LONGEST or (place and before < since):
        raise ValueError("the period is not valid")
    return Position(since=since, before=before)
