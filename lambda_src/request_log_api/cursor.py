"""The cursor of a list: where it goes on, in a form that a caller can keep but not make up. No I/O.

A cursor is signed with a key that only the API has, together with the key and the filters that it was made for. It
holds no partition: whose requests are listed is decided by the caller's key alone, so that even a cursor with a right
signature opens nothing.
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

from contracts import request_log
from lambda_src.common.problems import Problem

_SIGNATURE_BYTES = 16
_A_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
# Further apart than any request log keeps (data.request_log_days): each day between them is a query.
_LONGEST = timedelta(days=3660)


class Keys(Protocol):
    """The keys that cursors are signed with, the current one first (signing.SigningKeys)."""

    def known(self) -> tuple[bytes, ...]: ...

    def anew(self) -> tuple[bytes, ...]: ...


@dataclass(frozen=True, kw_only=True)
class Position:
    """A place in the list: texts from the time `since` on that come before `before` in the log's order.

    before: a place of `request_log`, or a day, for all that is older than that day; None at the list's beginning.
    """

    since: str
    before: str | None


def write(position: Position, *, bound_to: str, keys: Keys) -> str:
    """The cursor of a place."""
    raw = json.dumps([position.since, position.before], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_signature(raw, bound_to, keys.known()[0]) + raw).decode().rstrip("=")


def read(cursor: str, *, bound_to: str, keys: Keys) -> Position:
    """The place of a cursor; raises Problem 422 for one that was not made here for the same key and filters."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        signature, rest = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        # The key may have been rotated since the keys were read: what it signed must hold at once.
        if not (_signed(signature, rest, bound_to, keys.known()) or _signed(signature, rest, bound_to, keys.anew())):
            raise ValueError("another signature")
        return _position(json.loads(rest))
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        detail = (
            "`cursor` does not belong to this list: send the `next_cursor` of the last answer with the same filters."
        )
        raise Problem("invalid-input", detail) from error


def _signed(signature: bytes, raw: bytes, bound_to: str, keys: tuple[bytes, ...]) -> bool:
    return any(hmac.compare_digest(signature, _signature(raw, bound_to, key)) for key in keys)


def _signature(raw: bytes, bound_to: str, key: bytes) -> bytes:
    # The number is the form's: cursors of another one have another signature.
    message = b"rubric-cursor-3\0" + bound_to.encode() + b"\0" + raw
    return hmac.new(key, message, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _position(value: Any) -> Position:
    since, before = value
    place = request_log.is_place(before)
    if not _TIME.fullmatch(since) or not (place or _A_DAY.fullmatch(before)):
        raise ValueError("neither the place of a text nor a day")
    first, last = date.fromisoformat(since[:10]), date.fromisoformat(before[:10])
    if last < first or last - first > _LONGEST or (place and before < since):
        raise ValueError("it is over")
    return Position(since=since, before=before)
