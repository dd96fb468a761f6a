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
from datetime import date
from typing import Any

from lambda_src.common.problems import Problem

_CHECK_BYTES = 12


@dataclass(frozen=True, kw_only=True)
class Position:
    """A place in the list: texts from `since` on; `day` and what was given out last of it (None: nothing of it yet)."""

    since: str
    day: str
    last: tuple[str, str, int] | None  # time, request id, position


def write(position: Position, *, bound_to: str) -> str:
    """The cursor of a place."""
    raw = json.dumps([position.since, position.day, position.last], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(raw, bound_to) + raw).decode().rstrip("=")


def read(cursor: str, *, bound_to: str) -> Position:
    """The place of a cursor; raises Problem 422 for one that was not made here for the same key and filters."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, rest = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
        if check != _check(rest, bound_to):
            raise ValueError("another checksum")
        return _position(json.loads(rest))
    except (ValueError, TypeError, binascii.Error) as error:
        detail = "`cursor` is not one of this list: send the `next_cursor` of the last answer with the same filters."
        raise Problem("invalid-input", detail) from error


def _check(raw: bytes, bound_to: str) -> bytes:
    return hashlib.sha256(b"rubric-cursor-1\0" + bound_to.encode() + b"\0" + raw).digest()[:_CHECK_BYTES]


def _position(value: Any) -> Position:
    since, day, last = value
    date.fromisoformat(since[:10])
    date.fromisoformat(day)
    if last is None:
        return Position(since=since, day=day, last=None)
    time, request_id, position = last
    if not (isinstance(time, str) and isinstance(request_id, str) and type(position) is int and time >= since):
        raise ValueError("not the keys of a text")
    return Position(since=since, day=day, last=(time, request_id, position))
