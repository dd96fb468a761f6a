"""Spans of time as an operator writes them: 90d, 12h, 30m."""

from __future__ import annotations

import re
from datetime import timedelta

from ops.errors import USAGE, OpsError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST = timedelta(days=3650)


def span(text: str, *, option: str, least: timedelta = timedelta(seconds=1)) -> timedelta:
    """`text` as a span; OpsError that names the option for what is none, too short or over ten years."""
    found = re.fullmatch(r"(\d{1,9})([smhdw])", text.strip())
    if not found:
        raise OpsError(
            f"{option} {text[:20]!r} is not a time span: write 90d, 12h or 30m (s, m, h, d, w)", status=USAGE
        )
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if not least <= length <= _LONGEST:
        raise OpsError(f"{option} {text} is not between {_words(least)} and ten years", status=USAGE)
    return length


def _words(length: timedelta) -> str:
    return f"{int(length.total_seconds())} s"
