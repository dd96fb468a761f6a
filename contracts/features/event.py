"""An event: what became known of one entity at a time. Events are never changed. No I/O.

What is the same event: the same entity, time and id. Writing it again changes nothing, and of two events the later one
wins, by time and then by id, in whatever order they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from contracts.features import values
from contracts.features.registry import Entity, Registry
from contracts.features.values import FeatureError, Value, shown
from contracts.texts import text_normalization

MOST_ID_BYTES: Final = 512
# How far ahead of the store's clock an event may be: a value that is not yet true would be read as the newest.
MOST_AHEAD_SECONDS: Final = 60
_TEXT_ID = re.compile(r"[0-9a-f]{64}")
_EVENT_ID = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True)
class Event:
    """An event that was checked (`of`). event_time: UTC with microseconds, of what happened, not of the writing.

    entity_id: a caller's key id, a text's `text_normalization.text_id`, or a `publisher_id`; never a text in clear.
    """

    entity: Entity
    entity_id: str
    features: Mapping[str, Value]
    event_time: str
    event_id: str


def publisher_id(name: str) -> str:
    """The id of the publisher with this name, the same for all its spellings in letters' case and white space."""
    return text_normalization.key(text_normalization.normalised(name))


def of(data: Mapping[str, Any], *, registry: Registry) -> Event:
    """The event in a mapping with Event's fields; raises FeatureError in one sentence."""
    if not isinstance(data, Mapping) or set(data) != {"entity", "entity_id", "features", "event_time", "event_id"}:
        raise FeatureError("an event has exactly entity, entity_id, features, event_time and event_id")
    entity, features = data["entity"], data["features"]
    known = registry.of(entity)
    if not isinstance(features, Mapping) or not features:
        raise FeatureError(f"an event of a {entity} has no features")
    kept: dict[str, Value] = {}
    for name, value in features.items():
        feature = known.get(name) or registry.feature(entity, name)
        try:
            kept[name] = values.checked(feature.type, value)
        except FeatureError as error:
            raise FeatureError(f"the {entity} feature {name!r}: {error}") from None
    event_id = data["event_id"]
    if not isinstance(event_id, str) or not _EVENT_ID.fullmatch(event_id):
        raise FeatureError(f"the event id {shown(event_id)} is not 1 to 128 visible ASCII characters")
    return Event(
        entity=entity,
        entity_id=checked_id(entity, data["entity_id"]),
        features=kept,
        event_time=values.time_text(data["event_time"]),
        event_id=event_id,
    )


def checked_all(data: Iterable[Event | Mapping[str, Any]], *, registry: Registry, now: datetime) -> list[Event]:
    """Events that may be written at the time `now`, or FeatureError, whose sentence names the first that may not be."""
    latest = values.earlier(values.time_text(now), seconds=-MOST_AHEAD_SECONDS)
    events = []
    for number, one in enumerate(data, start=1):
        fields = vars(one) if isinstance(one, Event) else one
        try:
            event = of(fields, registry=registry)
            if event.event_time > latest:
                raise FeatureError(
                    f"its time {event.event_time} lies more than {MOST_AHEAD_SECONDS} seconds ahead of the clock"
                )
        except FeatureError as error:
            raise FeatureError(f"event {number} was not written, nor any other: {error}") from None
        events.append(event)
    return events


def checked_id(entity: str, entity_id: Any) -> str:
    """The id of an entity; FeatureError if it cannot be one."""
    if not isinstance(entity_id, str) or not entity_id or not entity_id.isprintable():
        raise FeatureError(f"the id {shown(entity_id)} of a {entity} is not printable text")
    if entity == "text" and not _TEXT_ID.fullmatch(entity_id):
        raise FeatureError("the id of a text is the SHA-256 of its key, 64 hexadecimal digits, never the text itself")
    try:
        length = len(entity_id.encode())
    except UnicodeEncodeError:
        raise FeatureError(f"the id {shown(entity_id)} of a {entity} is not valid Unicode") from None
    if length > MOST_ID_BYTES:
        raise FeatureError(f"the id {shown(entity_id)} of a {entity} is longer than {MOST_ID_BYTES} bytes")
    return entity_id


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)
