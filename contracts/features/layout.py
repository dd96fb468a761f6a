"""How both stores keep features: an item of DynamoDB and a document of MongoDB have the same fields. No I/O.

Online, one item for each entity has the newest value of each feature:
`{entity_key, "f_<feature>": {"v": value, "p": place}, expires_at}`; in MongoDB `entity_key` is `_id`.
The history has one item for each event, and none is ever changed:
`{entity_key, place, features: {name: value}, written_at, expires_at}`; in MongoDB `_id` is both keys, joined.

A place is the event's time and id. Places sort by time and then by id, so one comparison says which event wins.
expires_at: when the item may be deleted, in DynamoDB seconds since 1970, in MongoDB a date (its TTL index wants one).
Reads do not depend on it: a value's time to live ends by its event's time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.features import values
from contracts.features.event import Event
from contracts.features.registry import Feature
from contracts.features.values import TIME_LENGTH, Value

# MongoDB's collections, and what a table's name ends with.
ONLINE: Final = "features_online"
HISTORY: Final = "features_history"

ENTITY_KEY: Final = "entity_key"
PLACE: Final = "place"
FEATURES: Final = "features"
WRITTEN_AT: Final = "written_at"
EXPIRES_AT: Final = "expires_at"
VALUE, VALUE_PLACE = "v", "p"
_PREFIX = "f_"
_BETWEEN = "#"
# Behind every event of the same time: ids are visible ASCII characters.
_LAST = "\x7f"
# How long an item is kept after its last value has ended: hosts' clocks differ, and a read may be under way.
SLACK_SECONDS: Final = 86_400


@dataclass(frozen=True)
class Past:
    """An event as the history has it. written_at: when it was written, UTC with microseconds."""

    place: str
    features: Mapping[str, Any]
    written_at: str

    @property
    def event_time(self) -> str:
        """When it happened, UTC with microseconds."""
        return event_time(self.place)


def entity_key(entity: str, entity_id: str) -> str:
    """The key of an entity's items."""
    return f"{entity}{_BETWEEN}{entity_id}"


def entity_id(key: str) -> str:
    """The id in an entity's key."""
    return key.split(_BETWEEN, 1)[1]


def field(name: str) -> str:
    """The field of a feature in an online item."""
    return f"{_PREFIX}{name}"


def place(event: Event) -> str:
    """The place of an event in the order of all events."""
    return f"{event.event_time}{_BETWEEN}{event.event_id}"


def event_time(place: str) -> str:
    """The time in a place, UTC with microseconds."""
    return place[:TIME_LENGTH]


def last_place(time: str) -> str:
    """A place behind those of all events up to this time, the time included."""
    return f"{time}{_BETWEEN}{_LAST}"


def live_value(feature: Feature, held: Any, *, now: str) -> Value | None:
    """The value in a feature's field of an online item, or None if it has ended by `now` or has another type.

    now: UTC with microseconds.
    """
    if not isinstance(held, Mapping) or ended(feature, event_time(str(held.get(VALUE_PLACE))), now=now):
        return None
    return values.restored(feature.type, held.get(VALUE))


def ended(feature: Feature, time: str, *, now: str) -> bool:
    """Whether the value of an event of this time is no longer given at `now`; both UTC with microseconds."""
    return feature.time_to_live is not None and time <= values.earlier(now, seconds=feature.time_to_live)
