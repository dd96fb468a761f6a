"""The cursor of a list: where it goes on, in a form that a caller can keep but not make up. Pure.

It holds no partition: whose requests are listed is decided by the key alone, so that even a cursor with a right
checksum opens nothing. The checksum binds it to the key and the filters it was made for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from lambda_src.common import log_index
from lambda_src.common.problems import Problem

_CHECK_BYTES = 12
_A_DAY = "2026-11-20"


@dataclass(frozen=True, kw_only=True)
class Position:
    """A place in the list: texts from the time `since` on that come before `before` in the log's order.

    before: a place of `log_index`, or a day, for all that is older than that day; None at the list's beginning.
    """

    since: str
    before: str | None


def write(position: Position, *, bound_to: str) -> str:
    """The cursor of a place."""
    raw = json.dumps([position.since, position.before], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(raw, bound_to) + raw).decode().rstrip("=")


def read(cursor: str, *, bound_to: str) -> Position:
    """The place of a cursor; raises Problem 422 for one that was not made here for the same key and filters."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, rest = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        if check != _check(rest, bound_to):
            raise ValueError("another checksum")
        return _position(json.loads(rest))
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        detail = "`cursor` is not one of this list: send the `next_cursor` of the last answer with the same filters."
        raise Problem("invalid-input", detail) from error


def _check(raw: bytes, bound_to: str) -> bytes:
    # The number is the form's: cursors of another one have another checksum.
    return hashlib.sha256(b"rubric-cursor-2\0" + bound_to.encode() + b"\0" + raw).digest()[:_CHECK_BYTES]


def _position(value: Any) -> Position:
    since, before = value
    day_before = date.fromisoformat(since[:10]) - timedelta(days=1)
    if date.fromisoformat(before[:10]) <= day_before:
        raise ValueError("it is over")
    if (log_index.is_place(before) and before < since) or (
        not log_index.is_place(before) and len(before) != len(_A_DAY)
    ):
        raise ValueError("neither the place of a text nor a day")
    return Position(since=since, before=before)
