"""The ledger: every label that comes in, as an event that is never changed. No I/O.

A row is a text in all its spellings; its events are the items of one partition. The functions that take labels append
events; `rubric data` folds them into rows, `rubric erase` puts a tombstone in their place.

The index `by_day` lists events by time, for what reads only new ones. Its partitions are shards of a day, since
DynamoDB writes at most 1,000 units a second to one ("Designing partition keys" in its developer guide).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypedDict

from contracts.texts import text_normalization

# The table's key. An event's id is made of what makes it the same event, so writing it twice is harmless.
PARTITION, SORT = KEY = ("row_id", "event_id")

BY_DAY = "by_day"
DAY_SHARD, PLACE = "day_shard", "place"
# What the index holds besides its own and the table's keys. No text: the table has it.
INCLUDED = (
    *("kind", "source", "key_id", "labeller", "trusted", "label"),
    *("request_id", "position", "sample", "model_label"),
)
SHARDS = 8

Kind = Literal["label", "review", "erased"]
Source = Literal["example", "feedback", "labelling", "import", "review"]
Sample = Literal["audit", "uncertain", "disagreement"]
LABEL: Final = "label"
REVIEW: Final = "review"
ERASED: Final = "erased"
EXAMPLE: Final = "example"
FEEDBACK: Final = "feedback"
LABELLING: Final = "labelling"
IMPORT: Final = "import"

# Row ids that begin with it are those of tombstones; a text's id is 64 hexadecimal digits.
_TOMBSTONE = "erased#"
_TOMBSTONE_EVENT = "erased"
# The partition of the index that has the tombstones, to find those of a moment ago without reading the whole table.
TOMBSTONES = "erased#0"


class Event(TypedDict, total=False):
    """An item of the table. kind to place: of every event that is no tombstone; the rest if it is known.

    time: UTC, such as `2026-11-20T21:35:00.123Z`, of the host that took the event. expires_at: seconds since 1970.
    key_id: the caller, or of a review the operator's ARN. labeller: a person's name, where several share a key.
    trusted: whether the caller's key was made with `--trusted`. text: as it came in; without it, the row waits.
    request_id, position: the request that was answered, with the model's answer in model_version and model_label.
    sample: why the text was in the labelling queue; only `audit` may estimate accuracy.
    label: of a review that leaves the row out, there is none.
    """

    row_id: str
    event_id: str
    kind: Kind
    source: Source
    key_id: str
    time: str
    day_shard: str
    place: str
    label: str
    trusted: bool
    expires_at: int
    text: str
    labeller: str
    request_id: str
    position: int
    model_version: str
    model_label: str
    sample: Sample
    note: str


def row_of(text: str) -> str:
    """The row of a text, however it is spelt."""
    return text_normalization.text_id(text_normalization.normalised(text))


def row_without_text(request_id: str, position: int) -> str:
    """The row of a text that the request log does not keep."""
    return _digest("request", request_id, str(position))


def event_id(source: Source, *parts: str) -> str:
    """An event's id. parts: what makes a call the same call, such as caller, request, position and label.

    With the time among them, the same label given again later is another event.
    """
    return _digest(source, *parts)


def label_event(
    row_id: str,
    *,
    source: Source,
    key_id: str,
    trusted: bool,
    label: str,
    at: str,
    keep_days: int,
    same: Sequence[str],
    **known: Any,
) -> Event:
    """A label as an event. at: its time, as the ledger writes it. same: what makes a call the same call.

    known: the event's other fields, None where one is not known.
    """
    name = event_id(source, *same)
    ends = datetime.fromisoformat(at) + timedelta(days=keep_days)
    event: Event = {
        "row_id": row_id,
        "event_id": name,
        "kind": "label",
        "source": source,
        "key_id": key_id,
        "trusted": trusted,
        "label": label,
        "time": at,
        "expires_at": int(ends.timestamp()),
        **index_attributes(row_id, name, time=at),
        **{name: value for name, value in known.items() if value is not None},  # type: ignore[typeddict-item]
    }
    return event


def index_attributes(row_id: str, event_id: str, *, time: str) -> Event:
    """The attributes by which the index finds an event."""
    shard = int(_digest(row_id, event_id)[:8], 16) % SHARDS
    return {"day_shard": partition(time[:10], shard), "place": f"{time}#{event_id}"}


def partition(day: str, shard: int) -> str:
    """The partition of the index with a shard of a day (`2026-11-20`) of events; shards are numbered from 0."""
    return f"{day}#{shard}"


def order(event: Event) -> tuple[str, str]:
    """By time, then by id: any two readers put the same events in the same order, whatever their hosts' clocks did."""
    return event["time"], event["event_id"]


def keyed_hash(row_id: str, *, key: bytes) -> str:
    """HMAC-SHA-256 of a row's id, in hex: a row's id is a text's digest, which a guess of the text would confirm."""
    return hmac.new(key, row_id.encode(), hashlib.sha256).hexdigest()


def tombstone(keyed: str, *, time: str) -> Event:
    """What an erased row becomes: neither text nor key, nor the digest of the text. It does not expire."""
    return {
        "row_id": f"{_TOMBSTONE}{keyed}",
        "event_id": _TOMBSTONE_EVENT,
        "kind": "erased",
        "time": time,
        "day_shard": TOMBSTONES,
        "place": f"{time}#{keyed}",
    }


def tombstone_of(row_id: str) -> str | None:
    """The keyed hash in a tombstone's row id; None for another row."""
    return row_id.removeprefix(_TOMBSTONE) if row_id.startswith(_TOMBSTONE) else None


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
