"""Written dates and times: ISO 8601, what databases, mail and spreadsheets write, and English month names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from dataset_files.times import moments

DAY_FIRST, MONTH_FIRST = "day_first", "month_first"
_FIRST_HALF = ("january", "february", "march", "april", "may", "june")
_NAMES = (*_FIRST_HALF, "july", "august", "september", "october", "november", "december")
_MONTHS = {name[:3]: number for number, name in enumerate(_NAMES, 1)}
_ENDINGS = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _NAMES)
_MONTH = re.compile(rf"(?<![a-z])({_ENDINGS}|sept)\.?(?![a-z])", re.IGNORECASE)
_FILLERS = re.compile(
    r"\b(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|at|of|the)\b\.?|(?<=\d)(?:st|nd|rd|th)\b|,",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?(?!\d)(.*)\Z", re.DOTALL)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)(.*)\Z", re.DOTALL)
_MONTH_AND_YEAR = re.compile(r"(\d{1,2})[-/.](\d{4})\Z")
_ZONE = r"(?:(z|utc|gmt|est|edt|cst|cdt|mst|mdt|pst|pdt)|(?:utc|gmt)?\s*([+-])(\d{1,2}):?(\d{2})?)"
_CLOCK = re.compile(
    rf"[t\s,]*(?:(\d{{1,2}}):(\d{{2}})(?::(\d{{2}})(?:[.,]\d+)?)?\s*([ap]\.?m\.?)?\s*{_ZONE}?)?\s*\Z", re.IGNORECASE
)
_TIME = re.compile(
    rf"(?<!\d)\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?(?:\s*[ap]\.?m\b\.?)?(?:\s*{_ZONE}(?![a-z\d]))?", re.IGNORECASE
)
_EAST = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}  # hours, RFC 2822
_PIVOT = 69  # POSIX: 69 to 99 are of the 20th century


@dataclass(frozen=True)
class Open:
    """A date whose first two numbers are the day and the month, in one order or the other."""

    first: int
    second: int
    year: int
    is_short: bool  # a year of two digits, which might also be the day
    clock: float

    @property
    def has_one_reading(self) -> bool:
        """Whether both orders mean the same day."""
        return self.first == self.second and not self.is_short

    def seconds(self, order: str) -> float | None:
        """Seconds since 1970 in that order; None where the calendar has no such day."""
        day, month = (self.first, self.second) if order == DAY_FIRST else (self.second, self.first)
        return moments.seconds(self.year, month, day, clock=self.clock)


def parse(text: str) -> float | Open | None:
    """Seconds since 1970, in UTC without a zone; Open where day and month may be either; None if it is not a time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _parse(text)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError):
        return None


def _parse(text: str) -> float | Open | None:
    if found := _YEAR_FIRST.match(text):
        clock = _clock(found[5])
        if clock is None:
            return None
        return moments.seconds(int(found[1]), int(found[3]), int(found[4] or 1), clock=clock)
    if found := _YEAR_LAST.match(text):
        clock = _clock(found[5])
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if clock is None or not (1 <= first <= 31 and 1 <= second <= 31):
            return None
        is_short = len(found[4]) == 2
        if is_short:
            year += 1900 if year >= _PIVOT else 2000
        return Open(first, second, year, is_short, clock)
    if found := _MONTH_AND_YEAR.match(text):
        return moments.seconds(int(found[2]), int(found[1]))
    return _with_month_name(text)


def _with_month_name(text: str) -> float | None:
    month = _MONTH.search(text)
    if month is None:
        return None
    rest = f"{text[: month.start()]} {text[month.end() :]}"
    time = _TIME.search(rest)
    clock: float | None = 0.0
    if time is not None:
        clock = _clock(time[0])
        rest = f"{rest[: time.start()]} {rest[time.end() :]}"
    zone = re.search(r"(?<=\s)[+-]\d{4}(?=\s|\Z)", rest)  # Twitter's: the year comes last
    if zone is not None and clock is not None and len(re.findall(r"\d{4}", rest)) > 1:
        shift = _clock(f"0:00 {zone[0]}")
        clock = None if shift is None else clock + shift
        rest = rest.replace(zone[0], " ")
    numbers = re.sub(r"[-/.]", " ", _FILLERS.sub(" ", rest)).split()
    if clock is None or not numbers or not all(each.isascii() and each.isdigit() for each in numbers):
        return None
    years = [each for each in numbers if len(each) == 4]
    days = [each for each in numbers if len(each) <= 2]
    if len(years) != 1 or len(days) > 1 or len(years) + len(days) != len(numbers):
        return None
    return moments.seconds(int(years[0]), _MONTHS[month[1][:3].lower()], int(days[0]) if days else 1, clock=clock)


def _clock(text: str) -> float | None:
    """Seconds since midnight UTC of what follows a date, less the zone; None where it is not a time of day."""
    found = _CLOCK.match(text)
    if found is None:
        return None
    hour, minute, second = (int(found[each] or 0) for each in (1, 2, 3))
    if found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4][0] in "pP" else 0)
    if hour > 23 or minute > 59 or second > 60:
        return None
    east = 3600.0 * _EAST.get((found[5] or "").lower(), 0)
    if found[6]:
        east = (int(found[7]) * 3600 + int(found[8] or 0) * 60) * (-1 if found[6] == "-" else 1)
    return hour * 3600 + minute * 60 + second - east
