"""Which stretches of the log a question covers: one for a caller's own texts, one a day for everybody's. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from lambda_src.common.problems import Problem
from lambda_src.records.dal import BY_DAY, BY_KEY, Slice


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who asks. everything: whether the key sees every caller's requests (the scope `admin`)."""

    key_id: str
    everything: bool

    @property
    def index(self) -> str:
        """The index that its texts are found by."""
        return BY_DAY if self.everything else BY_KEY

    def may_see(self, owner: str) -> bool:
        """Whether a request of the key `owner` may be shown to it."""
        return self.everything or owner == self.key_id


def slices(reader: Reader, *, since: str, first_day: date) -> Iterator[Slice]:
    """The slices from `since` on, newest first; everybody's texts begin at `first_day`, the newest day to read."""
    if not reader.everything:
        yield Slice(index=BY_KEY, partition=reader.key_id, since=since)
        return
    day, last = first_day, date.fromisoformat(since[:10])
    while day >= last:
        yield Slice(index=BY_DAY, partition=day.isoformat(), since=since)
        day -= timedelta(days=1)


def begin(since: str | None, *, now: datetime, default: timedelta, oldest: timedelta) -> str:
    """`since` as the log writes times, no earlier than `oldest` before now; without one, `default` before now.

    A time that is yet to come is now. Raises Problem 422 for one that no calendar has.
    """
    if since is None:
        return written(now - default)
    try:
        moment = datetime.fromisoformat(since.upper())
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Problem("invalid-input", "`since` is no time: no calendar has it.") from error
    return written(min(max(moment, now - oldest), now))


def written(moment: datetime) -> str:
    """A time as the log has it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
