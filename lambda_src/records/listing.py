"""A page of logged texts, newest first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from lambda_src.records import cursor as cursors
from lambda_src.records import views
from lambda_src.records.cursor import Position
from lambda_src.records.dal import BY_DAY, Filter, Item, RequestLog, Slice, index_keys
from lambda_src.records.slices import Reader, begin, slices

# What one call may cost: so many queries of so many texts (or 1 MB). A page of a rare label may so be short, or empty.
QUERIES = 10
TEXTS_A_QUERY = 500
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


def page(log: RequestLog, reader: Reader, question: Question, *, now: datetime, keep_days: int) -> dict[str, Any]:
    """The contract's RequestPage. Raises Problem 422 for a cursor or a time that cannot be."""
    start = _start(reader, question, now=now, keep_days=keep_days)
    only = Filter(label=question.label, max_confidence=question.max_confidence)
    parts = list(slices(reader, since=start.since, first_day=date.fromisoformat(start.day)))
    number, after = 0, _keys_of(start, reader)
    found: list[Item] = []

    def document(last: Item | None, *, more: bool) -> dict[str, Any]:
        cursor = cursors.write(_place(start, parts[number], last), bound_to=question.bound_to(reader)) if more else None
        return {"texts": [views.logged_text(item) for item in found], "next_cursor": cursor}

    for _ in range(QUERIES):
        most = question.limit - len(found) if only == Filter() else TEXTS_A_QUERY
        read = log.read(replace(parts[number], after=after), most=most, only=only)
        for item in read.items:
            found.append(item)
            if len(found) == question.limit:
                return document(index_keys(item, index=reader.index), more=True)
        after = read.last
        if after is None:
            if number + 1 == len(parts):
                return document(None, more=False)
            number += 1
    return document(after, more=True)


def _start(reader: Reader, question: Question, *, now: datetime, keep_days: int) -> Position:
    if question.cursor is not None:
        return cursors.read(question.cursor, bound_to=question.bound_to(reader))
    since = begin(question.since, now=now, default=_DEFAULT_AGE, oldest=timedelta(days=keep_days))
    return Position(since=since, day=now.date().isoformat(), last=None)


def _keys_of(start: Position, reader: Reader) -> Item | None:
    if start.last is None:
        return None
    time, request_id, position = start.last
    partition = {"day": start.day} if reader.everything else {"key_id": reader.key_id}
    return {"time": time, "request_id": request_id, "position": position, **partition}


def _place(start: Position, part: Slice, keys: Item | None) -> Position:
    last = (str(keys["time"]), str(keys["request_id"]), int(keys["position"])) if keys else None
    return Position(since=start.since, day=part.partition if part.index == BY_DAY else start.day, last=last)
