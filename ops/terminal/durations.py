"""Durations as an operator writes them: 90d, 12h, 30m."""

from __future__ import annotations

import re
from datetime import timedelta

from ops.errors import USAGE, OpsError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST = timedelta(days=3650)


def duration(text: str, *, option: str, least: timedelta = timedelta(seconds=1)) -> timedelta:
    """Parse a duration. Raises OpsError that names the option if it is invalid, too short or over ten years."""
    match = re.fullmatch(r"(\d{1,9})([smhdw])", text.strip())
    if not match:
        raise OpsError(
            f"{option} {text[:20]!r} is not a valid duration: use for example 90d, 12h or 30m (units: s, m, h, d, w)",
            status=USAGE,
        )
    length = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if not least <= length <= _LONGEST:
        raise OpsError(f"{option} {text} is not between {_words(least)} and ten years", status=USAGE)
    return length


def seconds(text: str, *, option: str) -> float:
    """Parse `90s`, `2m`, `1h` or `90` into seconds. Raises OpsError that names the option for anything else."""
    match = re.fullmatch(r"(\d+)([smh]?)", text.strip())
    if not match or not int(match[1]):
        raise OpsError(f"{option} {text!r} is not a valid duration: use for example 90s, 2m or 1h", status=USAGE)
    return float(int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]])


def _words(length: timedelta) -> str:
    return f"{int(length.total_seconds())} s"
