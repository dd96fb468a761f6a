"""Values that are not text yet, as JSON, Parquet and Excel have them."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

NESTED = "a list or an object instead of a text"


class Nested(str):
    """Stands for a list or an object, which is neither a text nor a label. It has no content."""

    __slots__ = ()


_NESTED = Nested()
_HALVES = re.compile("[\ud800-\udfff]")  # of characters, as JSON can hold that was cut off or put together by hand


def as_text(value: Any) -> str:
    """A value as a CSV file would have it; nothing for None and NaN; whole numbers without a decimal point."""
    if isinstance(value, str):
        return value if value.isascii() else _HALVES.sub("\ufffd", value)
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (list, dict, tuple)):
        return _NESTED
    return str(value)
