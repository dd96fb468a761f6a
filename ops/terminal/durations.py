"""Durations as an operator writes them: 90d, 12h, 30m."""

from __future__ import annotations

import re
from datetime import timedelta

from ops.errors import USAGE, OpsError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST = timedelta(days=3650)


def duration(text: str, *, option: str, least: timedelta = timedelta(seconds=1)) -> timedelta:
    """`text` as a duration; OpsError that names the option if it is none, too short or over ten years."""
    found = re.fullmatch(r"(\d{1,9})([smhdw])", text.strip())
    if not found:
        raise OpsError(
            f"{option} {text[:20]!r} is not a time span: write 90d, 12h or 30m (s, m, h, d, w)", status=USAGE
        )
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if not least <= length <= _LONGEST:
        raise OpsError(f"{option} {text} is not between {_words(least)} and ten years", status=USAGE)
    return length


def seconds(text: str, *, option: str) -> float:
    """Seconds of `90s`, `2m`, `1h`, or `90`; OpsError that names the option for anything else."""
    found = re.fullmatch(r"(\d+)([smh]?)", text.strip())
    if not found or not int(found[1]):
        raise OpsError(f"{option} {text!r}: give a time such as 90s, 2m or 1h", status=USAGE)
    return float(int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]])


def _words(length: timedelta) -> str:
    return f"{int(length.total_seconds())} s"
