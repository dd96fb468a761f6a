"""Looks a list price up in the snapshot. No I/O, no clock: whoever asks says which day it is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from contracts.prices import snapshot, units

# After a year a price says too little; AWS changes some every year.
OLDEST = dt.timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class Price:
    """A list price. usd: for one unit; date: what it is of; source, url: where anybody can read it."""

    key: str
    usd: float
    unit: str
    date: dt.date
    source: str
    url: str

    def old(self, today: dt.date) -> bool:
        """Whether it was read more than a year ago."""
        return today - self.date > OLDEST


def of(key: str, *, region: str) -> Price | None:
    """The price, or None: then it is unknown, which is never zero. Raises KeyError for a name that is none."""
    unit = units.of(key)
    found = snapshot.PRICES.get(region, {}).get(key)
    if found is None:
        return None
    usd, name = found
    title, url, day = snapshot.SOURCES[name]
    return Price(key=key, usd=usd, unit=unit, date=dt.date.fromisoformat(day), source=title, url=url)


def taken() -> dt.date:
    """The day on which the snapshot was put together."""
    return dt.date.fromisoformat(snapshot.DATE)


def too_old(today: dt.date) -> str | None:
    """What to do if the snapshot is older than a year, in a sentence; None if it is not."""
    if today - taken() <= OLDEST:
        return None
    return f"The prices are of {taken()}, more than a year ago: renew them (make prices)"
