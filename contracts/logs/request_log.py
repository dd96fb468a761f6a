"""The request log: what an item of its table holds, and how the table is indexed. No I/O.

An item is one text of one request. The classify function writes it; the request log's API, the redrive and
`rubric erase` read it.

Two indexes find an item: `by_day` (everybody's) and `by_key` (one caller's). In both, a partition is divided into
shards, since DynamoDB writes at most 1,000 units a second to one partition and refuses the table's own write when an
index cannot take it ("Designing partition keys", "GSI write throttling and back pressure" in its developer guide).
Shards are numbered from 0: after their number was raised, it still covers the earlier ones.
"""

from __future__ import annotations

import hashlib
import re
from typing import TypedDict

# The table's key, which makes writing an item twice harmless.
PARTITION, SORT = KEY = ("request_id", "position")

BY_DAY, BY_KEY = "by_day", "by_key"
DAY_SHARD, KEY_SHARD, PLACE = "day_shard", "key_shard", "place"
PARTITIONS = {BY_DAY: DAY_SHARD, BY_KEY: KEY_SHARD}
# What the indexes hold besides their own and the table's keys: what filters and statistics need.
INCLUDED = ("label", "confidence", "feedback_label")

# The id of the items that record the number of shards. Ids that begin with `#` are never those of a request: request
# ids of an HTTP API do not contain it.
SHARDS_ID = "#shards"
_NO_REQUEST = "#"
# The ids of the items that say when a late text came. They are in `by_day` only, in partitions of their own.
_LATE_ID = "#late#"
_LATE_DAY = "late#"
# How much longer than the texts the number of shards is kept: it is written once a day, before the day's other texts.
SHARDS_EXTRA_SECONDS = 2 * 86_400

# Marks at the end of a place, in this order, of a text that an A/B test's challenger answered, and of one whose answer
# was uncertain: the indexes have the place, and their projections cannot change.
_CHALLENGED = "^"
_UNCERTAIN = "~"
# Ends the place of a text that came late, from the dead-letter queue: who reads on from a place would never see it.
_LATE = "+"
_MARKS = _CHALLENGED + _UNCERTAIN + _LATE
_LAST_MARKS = _UNCERTAIN + _LATE  # of all that a text can have, in the order of places

_PLACE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#.+#\d\d\^?~?\+?", re.DOTALL | re.ASCII)


class Item(TypedDict, total=False):
    """A text as the table holds it; an index returns only `KEY`, the index's own attributes and `INCLUDED`.

    time, feedback_time: UTC, such as `2026-11-20T21:35:00.123Z`; latency_ms: of the whole request; expires_at: seconds
    since 1970. text, text_sha256: one of them or none, depending on `data.request_log_text`.
    label to model_version: if the request was answered; confidence and probabilities only if the model reports them.
    labels_id, packed_probabilities: of `logged_labels`; items before 1.3.0 of the contract have `labels` and
    `probabilities` instead. threshold, uncertain: if the answer had a threshold.
    length, unknown_pieces, unseen_words: `contracts.models.baseline.MEASURES`, if the model's container measured them.
    variant: of the model that answered, as `contracts.ab_tests.live` names it. ab_test, assigned, unit: while a live
    A/B test runs, its id, the variant that the split chose, and 16 hexadecimal digits that stand for the split's unit
    (not with `data.request_log_text: drop`).
    publisher: the id of the publisher that the request named (`contracts.features.event.publisher_id`). features: what
    the feature store knew when the text was answered (`contracts.features.computed.logged`).
    audit: true for a text of the audit sample (`audit`). given: the labels of those who labelled it, by labeller; of a
    text of the sample its other item has them.
    """

    request_id: str
    position: int
    time: str
    key_id: str
    status: int
    latency_ms: float
    expires_at: int
    backend: str
    variant: str
    day_shard: str
    key_shard: str
    place: str
    text: str
    text_sha256: str
    label: str
    probabilities: list[float]
    confidence: float
    labels: list[str]
    labels_id: str
    packed_probabilities: str
    threshold: float
    uncertain: bool
    model_version: str
    length: int
    unknown_pieces: float
    unseen_words: float
    feedback_label: str
    feedback_time: str
    feedback_replaced: str | None
    audit: bool
    given: dict[str, dict[str, str | int | bool]]
    ab_test: str
    assigned: str
    unit: str
    publisher: str
    features: dict[str, int | float | str | bool]


class IndexAttributes(TypedDict):
    """The attributes by which the indexes find an item."""

    day_shard: str
    key_shard: str
    place: str


def index_attributes(
    *,
    request_id: str,
    position: int,
    time: str,
    key_id: str,
    shards: int,
    uncertain: bool = False,
    challenged: bool = False,
) -> IndexAttributes:
    """The attributes by which the indexes find an item. time: UTC, such as `2026-11-20T21:35:00.123Z`."""
    shard = shard_of(request_id, position, shards=shards)
    return {
        "day_shard": partition(time[:10], shard),
        "key_shard": partition(key_id, shard),
        "place": place_of(time, request_id, position, uncertain=uncertain, challenged=challenged),
    }


def shard_of(request_id: str, position: int, *, shards: int) -> int:
    """From 0 to `shards` - 1: consecutive texts of a request lie in consecutive shards."""
    first = int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:8])
    return (first + position) % shards


def partition(whole: str, shard: int) -> str:
    """The partition of an index in which a shard of a day or of a key's texts lies."""
    return f"{whole}#{shard}"


def place_of(time: str, request_id: str, position: int, *, uncertain: bool = False, challenged: bool = False) -> str:
    """A text's place in the order of all texts: by time; read newest first, a request's texts keep their order."""
    marks = f"{_CHALLENGED if challenged else ''}{_UNCERTAIN if uncertain else ''}"
    return f"{time}#{request_id}#{99 - position:02d}{marks}"


def is_uncertain(place: str) -> bool:
    """Whether the answer to the text in this place was uncertain."""
    return place.removesuffix(_LATE).endswith(_UNCERTAIN)


def is_challenged(place: str) -> bool:
    """Whether the challenger of an A/B test answered the text in this place."""
    return place.removesuffix(_LATE).removesuffix(_UNCERTAIN).endswith(_CHALLENGED)


def late(place: str) -> str:
    """The place of the same text if it comes late."""
    return place if is_late(place) else place + _LATE


def is_late(place: str) -> bool:
    """Whether the text in this place came late; `late_item` says when."""
    return place.endswith(_LATE)


def time_of(place: str) -> str:
    """The time in a place."""
    return place.split("#", 1)[0]


def is_place(value: str) -> bool:
    """Whether it has the form of a place."""
    return _PLACE.fullmatch(value) is not None


def before(place: str) -> str:
    """The last place before it, as an inclusive bound."""
    bare = place.rstrip(_MARKS)
    return f"{bare[:-2]}{int(bare[-2:]) - 1:02d}{_LAST_MARKS}"


def is_request_id(request_id: str) -> bool:
    """Whether an item belongs to a request; the table also holds the number of shards and the labels."""
    return not request_id.startswith(_NO_REQUEST)


def shards_item(shards: int, *, expires_at: int) -> Item:
    """The item that records the number of shards. expires_at: of the texts, seconds since 1970."""
    return {"request_id": SHARDS_ID, "position": shards, "expires_at": expires_at + SHARDS_EXTRA_SECONDS}


def late_item(request_id: str, position: int, *, arrived: str, expires_at: int) -> Item:
    """The item that says that a text came late. arrived: UTC; expires_at: of the text, seconds since 1970."""
    return {
        "request_id": f"{_LATE_ID}{request_id}",
        "position": position,
        "day_shard": late_partition(arrived[:10]),
        "place": place_of(arrived, request_id, position),
        "expires_at": expires_at,
    }


def late_partition(day: str) -> str:
    """The partition of `by_day` that lists the texts that came late on a day."""
    return f"{_LATE_DAY}{day}"


def late_text(item: Item) -> tuple[str, int]:
    """The (request_id, position) of the text of which a `late_item` says that it came late."""
    return item["request_id"].removeprefix(_LATE_ID), int(item["position"])
