"""What a batch of events comes to, and what became of it: the same for both stores. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from contracts.features import layout
from contracts.features.event import Event
from contracts.features.registry import Registry
from contracts.features.values import Value
from lambda_src.common.features.store import WriteResult


class Placed(NamedTuple):
    """A value with the place of the event that it is from."""

    value: Value
    place: str


class Cell(NamedTuple):
    """A value online: of an entity, by its key, and of a feature, by the place of an event."""

    key: str
    feature: str
    place: str


@dataclass(frozen=True)
class Newest:
    """The newest values of an entity among some events."""

    entity: str
    key: str
    values: Mapping[str, Placed]

    def cells(self) -> list[Cell]:
        """One for each value."""
        return [Cell(self.key, name, placed.place) for name, placed in self.values.items()]

    def alone(self) -> list[Newest]:
        """Each value on its own."""
        return [Newest(self.entity, self.key, {name: placed}) for name, placed in self.values.items()]


def key_of(event: Event) -> str:
    """The key of the event's entity."""
    return layout.entity_key(event.entity, event.entity_id)


def newest(events: Iterable[Event]) -> list[Newest]:
    """The newest values of each entity, so that a batch writes each entity once."""
    found: dict[str, tuple[str, dict[str, Placed]]] = {}
    for event in events:
        _, values = found.setdefault(key_of(event), (event.entity, {}))
        place = layout.place(event)
        for name, value in event.features.items():
            if name not in values or values[name].place < place:
                values[name] = Placed(value, place)
    return [Newest(entity, key, values) for key, (entity, values) in found.items()]


def counted(
    events: Sequence[Event], *, repeated: Collection[int], conflicting: Collection[int], accepted: Collection[Cell]
) -> WriteResult:
    """What became of the events. repeated, conflicting: their numbers from 0; accepted: what is now the newest."""
    written = 0
    for number, event in enumerate(events):
        if number not in repeated and number not in conflicting:
            key, place = key_of(event), layout.place(event)
            written += any(Cell(key, name, place) in accepted for name in event.features)
    stale = len(events) - len(repeated) - len(conflicting) - written
    return WriteResult(written=written, stale=stale, repeated=len(repeated), conflicting=len(conflicting))


def online_expiry(registry: Registry, entity: str, *, now: datetime) -> datetime | None:
    """When an online item that is written now may be deleted; None: never.

    It counts from the writing: a later write of an older event must not bring the end of the other values forward.
    """
    life = registry.longest_life(entity)
    return None if life is None else now + timedelta(seconds=life + layout.SLACK_SECONDS)


def history_expiry(event: Event, *, days: int | None) -> datetime | None:
    """When an event may be deleted from a history that is kept so many days; None: never."""
    return None if days is None else datetime.fromisoformat(event.event_time) + timedelta(days=days)
