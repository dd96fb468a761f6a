"""The interface of the feature store, which `dynamodb.Store` and `mongodb.store.Store` implement alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from contracts.features.event import Event
from contracts.features.layout import Past
from contracts.features.values import Value


class StoreError(Exception):
    """The store refused a command, or cannot be used as it is set up; the message is one sentence."""


class StoreUnavailableError(StoreError):
    """The store did not answer in time. Every write may be repeated: the same events change nothing twice."""


class StoreDeniedError(StoreError):
    """The store knows the caller, but does not let it in: what it signs in with is wrong, or may not do this."""


class WriteResult(NamedTuple):
    """How many events were what; together, all that were given.

    written: at least one of its values is now the newest. stale: each of its features had a newer value, which stays;
    the history has the event. repeated: the history had it already. conflicting: the history had an event of the same
    entity, time and id with other values, which stays in the history and online.
    """

    written: int
    stale: int
    repeated: int
    conflicting: int


class FeatureStore(Protocol):
    """Newest values online, and a history of all events. Any method raises StoreError, and FeatureError before it
    changes anything if an event, an id or a name is not as the registry has it.
    """

    def write(self, events: Iterable[Event | Mapping[str, Any]]) -> WriteResult:
        """Write events, of which none is written unless all are valid.

        After an error the same events can be written again, and must be: some may be in the history alone.
        """
        ...

    def read(self, entity: str, ids: Sequence[str], names: Iterable[str] | None = None) -> dict[str, dict[str, Value]]:
        """The newest values of each of the ids by feature, without those whose time to live has ended.

        names: of the features, by default all of the entity's.
        """
        ...

    def read_all(self, ids: Mapping[str, Sequence[str]]) -> dict[str, dict[str, dict[str, Value]]]:
        """The newest values of ids of several entities, by entity, as `read` gives them of one: in one call."""
        ...

    def read_as_of(
        self, rows: Sequence[tuple[str, str, str]], names: Iterable[str] | None = None, *, as_known: bool = False
    ) -> list[dict[str, Value]]:
        """The values of each row (entity, id, time in UTC) at its time, in the rows' order; never later ones.

        as_known: as an online read had them then, without events that happened before but were written after.
        """
        ...

    def history(self, entity: str, entity_id: str, *, since: str = "", until: str = "") -> Iterator[Past]:
        """The events of an entity, the latest first. since, until: times in UTC, both included; "" is no bound."""
        ...

    def delete(self, entity: str, ids: Iterable[str]) -> int:
        """Delete everything about the ids, for good; how many items that were. Later events are stored again."""
        ...
