"""The types of features: what a value may be, and the form in which both stores keep it. No I/O."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal, get_args

Type = Literal["integer", "float", "string", "boolean", "timestamp"]
TYPES: Final[tuple[Type, ...]] = get_args(Type)
Value = int | float | str | bool

MOST_STRING_BYTES: Final = 1024
# MongoDB's 64-bit integers; DynamoDB keeps 38 digits.
_LEAST_INTEGER, _MOST_INTEGER = -(2**63), 2**63 - 1
# DynamoDB's numbers ("Naming rules and data types" in its developer guide): MongoDB's doubles reach further.
_LEAST_FLOAT, _MOST_FLOAT = 1e-130, 9.99e125
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:Z|\+00:00)", re.ASCII)

TIME_LENGTH: Final = len("2026-11-20T21:35:00.123456Z")


class FeatureError(ValueError):
    """A registry, an event or a read that cannot be used; the message is one sentence."""


def time_text(value: Any) -> str:
    """A time as every event has it, such as `2026-11-20T21:35:00.123456Z`: as text, such times sort by time.

    value: an aware datetime, or text in UTC with up to six decimals. Raises FeatureError for anything else.
    """
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is not None:
        try:
            datetime.fromisoformat(found[1])
        except ValueError:
            found = None
    if found is None:
        raise FeatureError(f"{shown(value)} is not a time in UTC: write it like 2026-11-20T21:35:00.123456Z")
    return f"{found[1]}.{(found[2] or '').ljust(6, '0')}Z"


def time_of(text: str) -> datetime:
    """The datetime of a time that `time_text` made."""
    return datetime.fromisoformat(text)


@lru_cache(maxsize=1024)
def earlier(text: str, *, seconds: int) -> str:
    """The time so many seconds before a time that `time_text` made; the first of all times where there is none."""
    try:
        return time_text(time_of(text) - timedelta(seconds=seconds))
    except OverflowError:
        return time_text(datetime.min.replace(tzinfo=UTC))


def checked(kind: Type, value: Any) -> Value:
    """The value as it is stored; raises FeatureError, whose message begins with the value, if it is of another type.

    A whole number is a float too; a truth value is no number. There is no null: a feature without a value is left out.
    """
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind == "integer" and isinstance(value, int) and not isinstance(value, bool):
        if _LEAST_INTEGER <= value <= _MOST_INTEGER:
            return value
        raise FeatureError(f"{shown(value)} does not fit into 64 bits")
    if kind == "float" and isinstance(value, int | float) and not isinstance(value, bool):
        return _float(value)
    if kind == "string" and isinstance(value, str):
        return _string(value)
    if kind == "timestamp":
        return time_text(value)
    article = "an" if kind == "integer" else "a"
    raise FeatureError(f"{shown(value)} is not {article} {kind}")


def restored(kind: Type, value: Any) -> Value | None:
    """A stored value as its type says; None for one that was stored when the feature had another type."""
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)  # DynamoDB does not tell 5.0 from 5.
    try:
        return checked(kind, value)
    except FeatureError:
        return None


def shown(value: Any) -> str:
    """A value in a message, not longer than 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _float(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or not (number == 0 or _LEAST_FLOAT <= abs(number) <= _MOST_FLOAT):
        raise FeatureError(f"{shown(value)} is not a number between 1e-130 and 9.99e125 or zero")
    return number + 0.0  # -0.0 is 0.0 in DynamoDB


def _string(value: str) -> str:
    try:
        length = len(value.encode())
    except UnicodeEncodeError:
        raise FeatureError(f"{shown(value)} is not valid Unicode") from None
    if length > MOST_STRING_BYTES:
        raise FeatureError(f"{shown(value)} is longer than {MOST_STRING_BYTES} bytes")
    return value
