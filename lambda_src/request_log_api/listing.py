"""A page of logged texts, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.logs.request_log import Item
from lambda_src.request_log_api import cursor as cursors
from lambda_src.request_log_api import views
from lambda_src.request_log_api.cursor import Keys, Position
from lambda_src.request_log_api.dal import Filter, RequestLog
from lambda_src.request_log_api.merged import Merged
from lambda_src.request_log_api.slices import Reader, begin, slices

# The limit of one request: this many rounds of one query to each shard. With a rare label a page may be short or empty.
ROUNDS = 10
TEXTS_A_ROUND = 500  # in all shards, with a filter; without one, every text that is read is shown
DEFAULT_LIMIT = 50
_DEFAULT_AGE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """The parameters of GET /v1/requests."""

    since: str | None = None
    label: str | None = None
    max_confidence: float | None = None
    uncertain: bool | None = None
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None

    def bound_to(self, reader: Reader) -> str:
        """The reader and the filters that a cursor is bound to."""
        # Without the newest filter as before there was one: cursors go on across a deploy.
        newest = () if self.uncertain is None else (self.uncertain,)
        return repr((reader.key_id, reader.everything, self.since, self.label, self.max_confidence, *newest))


def page(
    log: RequestLog, reader: Reader, request: PageRequest, *, now: datetime, keep_days: int, keys: Keys
) -> dict[str, Any]:
    """The contract's RequestPage; keys sign its cursors. Raises Problem 422 for an invalid cursor or time."""
    start = _start(request, bound_to=request.bound_to(reader), now=now, keep_days=keep_days, keys=keys)
    matches, before = _find(log, reader, request, start=start, now=now)
    cursor = None
    if before is not None:
        place = Position(since=start.since, before=before)
        cursor = cursors.write(place, bound_to=request.bound_to(reader), keys=keys)
    return {"texts": [views.logged_text(item) for item in log.texts(matches)], "next_cursor": cursor}


def _find(
    log: RequestLog, reader: Reader, request: PageRequest, *, start: Position, now: datetime
) -> tuple[list[Item], str | None]:
    """(a page's texts, as an index holds them; where the next page begins, or None)."""
    only = Filter(label=request.label, max_confidence=request.max_confidence, uncertain=request.uncertain)
    shards, matches, left, where = log.shards(), list[Item](), ROUNDS, start.before
    for part in slices(reader, since=start.since, before=start.before, today=now.date()):
        merged = Merged(log, part, shards=shards, only=only)
        while not merged.ended:
            if left == 0:
                return matches, merged.reached or where
            left -= 1
            texts = TEXTS_A_ROUND if only != Filter() else _enough(request.limit - len(matches), shards=shards)
            for item in merged.round(texts=texts):
                matches.append(item)
                if len(matches) == request.limit:
                    return matches, str(item["place"])
        # This day is finished: the next page begins with the day before it.
        where = part.whole if reader.everything else None
    return matches, None


def _enough(wanted: int, *, shards: int) -> int:
    """How many texts to read for the newest ones of all shards to be very likely among them."""
    return min(wanted * shards, 2 * wanted + 8 * shards, TEXTS_A_ROUND)


def _start(request: PageRequest, *, bound_to: str, now: datetime, keep_days: int, keys: Keys) -> Position:
    if request.cursor is not None:
        return cursors.read(request.cursor, bound_to=bound_to, keys=keys)
    since = begin(request.since, now=now, default=_DEFAULT_AGE, oldest=timedelta(days=keep_days))
    return Position(since=since, before=None)
