"""Which slices of the log a request covers: one for a caller's own texts, one per day for all callers. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from contracts.logs import request_log
from contracts.logs.request_log import BY_DAY, BY_KEY
from lambda_src.common.problems import Problem
from lambda_src.common.times import written


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Part of an index in all its shards: a day's texts, or a key's, from the time `since` on.

    before: a place of `request_log`; the texts come before it. None: no such bound.
    """

    index: str
    whole: str
    since: str
    before: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reader:
    """The caller who reads. everything: whether the key sees every caller's requests (the scope `admin`)."""

    key_id: str
    everything: bool

    def may_see(self, owner: str) -> bool:
        """Whether the reader may see a request of the key `owner`."""
        return self.everything or owner == self.key_id


def slices(reader: Reader, *, since: str, before: str | None = None, today: date) -> Iterator[Slice]:
    """The slices from `since` on, newest first; for all callers' texts one for each day, beginning with `today`.

    before: a place to begin at, or a day that is left out with everything newer.
    """
    place = before if before is not None and request_log.is_place(before) else None
    if not reader.everything:
        yield Slice(index=BY_KEY, whole=reader.key_id, since=since, before=place)
        return
    day, last = today, date.fromisoformat(since[:10])
    if before is not None:
        day = date.fromisoformat(before[:10]) - timedelta(days=0 if place else 1)
    while day >= last:
        at = place if place is not None and place.startswith(day.isoformat()) else None
        yield Slice(index=BY_DAY, whole=day.isoformat(), since=since, before=at)
        day -= timedelta(days=1)


def begin(since: str | None, *, now: datetime, default: timedelta, oldest: timedelta) -> str:
    """`since` as the log writes times, no earlier than `oldest` before now; without one, `default` before now.

    A future time counts as now. Raises Problem 422 for one that is not a valid date and time.
    """
    if since is None:
        return written(now - default)
    try:
        moment = datetime.fromisoformat(since.upper())
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Problem("invalid-input", "`since` is not a valid date and time.") from error
    return written(min(max(moment, now - oldest), now))
