"""How many texts of each label there are by hour, day, week, month or year, if the rows have times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from model_code.training.data.rows import Row

# A dataset that spans at most so many days is shown by this unit; a longer one by year.
UNITS = ((3, "hour"), (60, "day"), (730, "week"), (7300, "month"))


def count(rows: Sequence[Row], labels: Sequence[str]) -> dict[str, Any] | None:
    """Rows by label in steps of UTC time, empty steps included; None with fewer than two distinct times."""
    known = [(row.time, row.label) for row in rows if row.time is not None]
    if len({time for time, _ in known}) < 2:
        return None
    first, last = (datetime.fromtimestamp(pick(time for time, _ in known), UTC) for pick in (min, max))
    unit = next((name for days, name in UNITS if last - first <= timedelta(days=days)), "year")
    bins: dict[datetime, Counter[str]] = {start: Counter() for start in _starts(first, last, unit)}
    for time, label in known:
        bins[_floor(datetime.fromtimestamp(time, UTC), unit)][label] += 1
    return {
        "unit": unit,
        "from": first.isoformat(timespec="seconds"),
        "to": last.isoformat(timespec="seconds"),
        "rows_without": len(rows) - len(known),
        "bins": [
            {
                "start": start.strftime("%Y-%m-%dT%H:%M" if unit == "hour" else "%Y-%m-%d"),
                "rows": counts.total(),
                "labels": {label: counts[label] for label in labels},
            }
            for start, counts in bins.items()
        ],
    }


def _floor(moment: datetime, unit: str) -> datetime:
    if unit == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "year":
        return day.replace(month=1, day=1)
    return day.replace(day=1) if unit == "month" else day


def _starts(first: datetime, last: datetime, unit: str) -> Iterator[datetime]:
    start, end = _floor(first, unit), _floor(last, unit)
    step = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}.get(unit)
    while start <= end:
        yield start
        start = start + step if step else _floor(start + timedelta(days=32 if unit == "month" else 367), unit)
