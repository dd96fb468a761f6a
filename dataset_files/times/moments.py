"""From the parts of a date to seconds since 1970, and which dates stand for no time in other systems."""

from __future__ import annotations

from datetime import UTC, datetime

# What databases, spreadsheets and programming languages write where there is no time.
_WORDS = "- -- ? 0 0.0 \\n n/a na nan nat nil none null <na> #n/a undefined unknown 00000000"
_ZEROS = ("0000-00-00", "0000-00-00 00:00:00", "0000-00-00t00:00:00", "0000-00-00t00:00:00z")
# .NET's first moment in seconds and milliseconds, and the smallest number, which is numpy's and pandas' NaT.
_NUMBERS = ("-62135596800", "-62135596800000", "-9223372036854775808", "-9.223372036854776e+18")
EMPTY = frozenset(("", *_WORDS.split(), *_ZEROS, *_NUMBERS))
OLDEST, NEWEST = 1800, 2200  # years: earlier and later ones are some system's smallest and largest time
_STARTS = ((1970, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1))


def seconds(year: int, month: int = 1, day: int = 1, *, clock: float = 0.0, east: float = 0.0) -> float | None:
    """Seconds since 1970 in UTC of a time ``clock`` seconds into a day of a zone ``east`` seconds before UTC.

    None where the calendar has no such day.
    """
    try:
        return datetime(year, month, day, tzinfo=UTC).timestamp() + clock - east
    except (ValueError, OverflowError):
        return None


_EMPTY_SECONDS = {seconds(*start) for start in _STARTS}
_FIRST, _LAST = seconds(OLDEST) or 0.0, seconds(NEWEST) or 0.0


def is_empty(moment: float) -> bool:
    """Whether a moment is one that stands for no time: the start of some system's clock, or far from any."""
    return moment in _EMPTY_SECONDS or not _FIRST <= moment < _LAST
