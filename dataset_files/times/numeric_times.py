"""Numbers as times: years, months, days, and what has passed since 1970 in several units."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable

from dataset_files.times import moments

EXCEL = "excel"
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE]\+?\d+)?\Z")
_YEARS = (1900, 2100)
_UNITS = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
# 1971 to 2100: in each unit these are other numbers, so that the unit is certain.
_FROM, _TO = 31_536_000.0, 4_102_444_800.0
_EXCEL_DAY_OF_1970 = 25_569
FORMS = ("seconds", "milliseconds", EXCEL)  # those that a setting names
_Reader = Callable[[str], "float | None"]


def is_number(text: str) -> bool:
    """Whether a value is a number and not a written date."""
    return _NUMBER.match(text) is not None


def _calendar(length: int) -> _Reader:
    """Reads YYYY, YYYYMM, YYYYMMDD, then with hour, minute and second, by the number of digits."""

    def read(text: str) -> float | None:
        text = text.removesuffix(".0")  # a column with gaps, as pandas writes it
        if len(text) != length or not text.isascii() or not text.isdigit():
            return None
        year, rest = int(text[:4]), [int(text[at : at + 2]) for at in range(4, length, 2)]
        month, day, hour, minute, second = rest + [1, 1, 0, 0, 0][len(rest) :]
        if not _YEARS[0] <= year < _YEARS[1] or hour > 23 or minute > 59 or second > 60:
            return None
        return moments.seconds(year, month, day, clock=hour * 3600 + minute * 60 + second)

    return read


def _since_1970(per_second: float) -> _Reader:
    def read(text: str) -> float | None:
        moment = float(text) / per_second
        return moment if math.isfinite(moment) and abs(moment) < _TO else None

    return read


def _within(per_second: float) -> _Reader:
    """Like _since_1970, of moments from 1971 on or before 1970, which are one unit's alone."""
    read = _since_1970(per_second)

    def checked(text: str) -> float | None:
        moment = read(text)
        return moment if moment is not None and abs(moment) >= _FROM else None

    return checked


def _certain(usual: str) -> _Reader:
    """Reads each value in the unit of which alone it is a moment; others in the ``usual`` unit."""
    usually, within = _since_1970(_UNITS[usual]), [_within(per) for per in _UNITS.values()]

    def read(text: str) -> float | None:
        moments_ = (one(text) for one in within)
        return next((moment for moment in moments_ if moment is not None), None) or usually(text)

    return read


def _excel(text: str) -> float | None:
    days = float(text)
    return (days - _EXCEL_DAY_OF_1970) * 86_400 if 1 <= days < 110_000 else None


_CALENDARS: dict[str, _Reader] = {
    "years": _calendar(4),
    "YYYYMM": _calendar(6),
    "YYYYMMDD": _calendar(8),
    "YYYYMMDDHH": _calendar(10),
    "YYYYMMDDHHMM": _calendar(12),
    "YYYYMMDDHHMMSS": _calendar(14),
}
_READERS: dict[str, _Reader] = {
    **_CALENDARS,
    **{name: _since_1970(per) for name, per in _UNITS.items()},
    **{f"mostly {name}": _certain(name) for name in _UNITS},
    EXCEL: _excel,
}


def reader(form: str) -> _Reader:
    """How values of a form are read; the empty form reads none."""
    return _READERS.get(form, lambda _: None)


def form(values: Iterable[tuple[str, int]], told: str) -> tuple[str, str]:
    """The form of a column's numbers, (value, how often), by what most say; "" and a question where none is certain."""
    if told in FORMS:
        return told, ""
    counted = list(values)
    total = sum(count for _, count in counted)
    if not total:
        return "", ""

    def share(read: _Reader) -> float:
        return sum(count for value, count in counted if read(value) is not None) / total

    calendars = {name: share(read) for name, read in _CALENDARS.items()}
    units = {name: share(_within(per)) for name, per in _UNITS.items()}
    calendar, unit = max(calendars, key=calendars.__getitem__), max(units, key=units.__getitem__)
    certain = sum(units.values())
    # Ten digits may also be seconds from 2030 on, and twelve milliseconds of the seventies. Chance makes them all
    # dates only where there are very few.
    if calendars[calendar] > 0.5 and calendars[calendar] >= certain:
        if certain <= 0.5 or len(counted) > 2:
            return calendar, ""
    elif certain > 0.5:
        return f"mostly {unit}", ""
    return "", f"{', '.join(FORMS[:2])} or {EXCEL} (days, as Excel counts them), as its numbers have several readings"
