"""A page of logged texts, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.request_log import Item
from lambda_src.request_log_api import cursor as cursors
from lambda_src.request_log_api import views
from lambda_src.request_log_api.cursor import Keys, Position
from lambda_src.request_log_api.dal import Filter, RequestLog
from lambda_src.request_log_api.merging import Merged
from lambda_src.request_log_api.slices import Reader, begin, slices

# What one call may cost: so many rounds of one query to each shard. A page of a rare label may so be short, or empty.
ROUNDS = 10
TEXTS_A_ROUND = 500  # in all shards, with a filter; without one each text that is looked at is shown
DEFAULT_LIMIT = 50
_DEFAULT_AGE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Question:
    """GET /v1/requests, its parameters as given."""

    since: str | None = None
    label: str | None = None
    max_confidence: float | None = None
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None

    def bound_to(self, reader: Reader) -> str:
        """What a cursor must not be taken away from."""
        return repr((reader.key_id, reader.everything, self.since, self.label, self.max_confidence))


def page(
    log: RequestLog, reader: Reader, question: Question, *, now: datetime, keep_days: int, keys: Keys
) -> dict[str, Any]:
    """The contract's RequestPage; keys sign its cursors. Raises Problem 422 for a cursor or a time that cannot be."""
    start = _start(question, bound_to=question.bound_to(reader), now=now, keep_days=keep_days, keys=keys)
    found, before = _find(log, reader, question, start=start, now=now)
    cursor = None
    if before is not None:
        place = Position(since=start.since, before=before)
        cursor = cursors.write(place, bound_to=question.bound_to(reader), keys=keys)
    return {"texts": [views.logged_text(item) for item in log.texts(found)], "next_cursor": cursor}


def _find(
    log: RequestLog, reader: Reader, question: Question, *, start: Position, now: datetime
) -> tuple[list[Item], str | None]:
    """(what an index has of a page's texts, where the next page begins or None when there is none)."""
    only = Filter(label=question.label, max_confidence=question.max_confidence)
    shards, found, left, where = log.shards(), list[Item](), ROUNDS, start.before
    for part in slices(reader, since=start.since, before=start.before, today=now.date()):
        merged = Merged(log, part, shards=shards, only=only)
        while not merged.ended:
            if left == 0:
                return found, merged.reached or where
            left -= 1
            texts = TEXTS_A_ROUND if only != Filter() else _enough(question.limit - len(found), shards=shards)
            for item in merged.round(texts=texts):
                found.append(item)
                if len(found) == question.limit:
                    return found, str(item["place"])
        # A day is over: the next page begins with the day before it.
        where = part.whole if reader.everything else None
    return found, None


def _enough(wanted: int, *, shards: int) -> int:
    """So many texts looked at that the shards' newest are very likely to be among them."""
    return min(wanted * shards, 2 * wanted + 8 * shards, TEXTS_A_ROUND)


def _start(question: Question, *, bound_to: str, now: datetime, keep_days: int, keys: Keys) -> Position:
    if question.cursor is not None:
        return cursors.read(question.cursor, bound_to=bound_to, keys=keys)
    since = begin(question.since, now=now, default=_DEFAULT_AGE, oldest=timedelta(days=keep_days))
    return Position(since=since, before=None)
