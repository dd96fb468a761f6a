"""The feature store in two collections of a MongoDB database.

It uses only what Amazon DocumentDB 5 and 8 have as well (tests/unit/lambda_src/common/features/test_operators.py): no
update by a pipeline, so a newer value stays by the filter of an update. Where the filter finds nothing, the upsert runs
into the entity's own `_id` (11000), which says that a newer value is there, or that another writer was first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, TypeVar

from pymongo import ASCENDING, DESCENDING, IndexModel, ReadPreference, UpdateOne, WriteConcern
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from contracts.features import event as events_of
from contracts.features import layout, point_in_time, values
from contracts.features.event import Event
from contracts.features.layout import Past
from contracts.features.registry import Registry
from contracts.features.values import Value
from lambda_src.common.features import folding, reading
from lambda_src.common.features.folding import Cell, Newest
from lambda_src.common.features.store import StoreDeniedError, StoreError, StoreUnavailableError, WriteResult

Document = dict[str, Any]
R = TypeVar("R")

_DUPLICATE: Final = 11000
_DENIED: Final = {13, 18}  # Unauthorized, AuthenticationFailed
_ID: Final = "_id"
_TOGETHER: Final = 100  # entities whose history one query reads


class Store:
    """A `FeatureStore`. history_days: how long the history is kept; None: for good. clock: the time now, aware."""

    def __init__(
        self,
        database: Database[Document],
        *,
        registry: Registry,
        history_days: int | None = None,
        clock: Callable[[], datetime] = events_of.utc_now,
    ) -> None:
        acknowledged = WriteConcern(w="majority")
        self._online: Collection[Document] = database.get_collection(layout.ONLINE, write_concern=acknowledged)
        self._history: Collection[Document] = database.get_collection(layout.HISTORY, write_concern=acknowledged)
        self._registry = registry
        self._history_days = history_days
        self._clock = clock
        self._prepared = False

    def prepare(self) -> None:
        """Make the indexes, if they are not there. The first write of a process does it."""
        ends = IndexModel([(layout.EXPIRES_AT, ASCENDING)], name="ends", expireAfterSeconds=0)
        by_entity = IndexModel([(layout.ENTITY_KEY, ASCENDING), (layout.PLACE, ASCENDING)], name="by_entity")
        with _faults("make the indexes of features"):
            self._online.create_indexes([ends])
            self._history.create_indexes([by_entity, ends])
        self._prepared = True

    def write(self, events: Iterable[Event | Mapping[str, Any]]) -> WriteResult:
        """As FeatureStore.write: first the history, so that a write that fails can be repeated."""
        now = self._clock()
        checked = events_of.checked_all(events, registry=self._registry, now=now)
        if not checked:
            return WriteResult(0, 0, 0, 0)
        if not self._prepared:
            self.prepare()
        with _faults("write features"):
            known = self._insert(checked, now=now)
            conflicting = {number for number, is_same in known.items() if not is_same}
            kept = [event for number, event in enumerate(checked) if number not in conflicting]
            accepted = self._update(folding.newest(kept), now=now)
        return folding.counted(
            checked, repeated=known.keys() - conflicting, conflicting=conflicting, accepted=set(accepted)
        )

    def read(self, entity: str, ids: Sequence[str], names: Iterable[str] | None = None) -> dict[str, dict[str, Value]]:
        """As FeatureStore.read; as consistent as the read preference of the URI."""
        wanted = reading.Wanted(reading.keys(entity, ids), self._registry.chosen(entity, names))
        return self._read({entity: wanted})[entity]

    def read_all(self, ids: Mapping[str, Sequence[str]]) -> dict[str, dict[str, dict[str, Value]]]:
        """As FeatureStore.read_all, with one query."""
        return self._read(reading.wanted(ids, registry=self._registry))

    def read_as_of(
        self, rows: Sequence[tuple[str, str, str]], names: Iterable[str] | None = None, *, as_known: bool = False
    ) -> list[dict[str, Value]]:
        """As FeatureStore.read_as_of: one query for each 100 entities, in the history's index from its end."""
        groups = reading.grouped(rows, names, registry=self._registry)
        answers: dict[str, list[dict[str, Value]]] = {}
        with _faults("read the history of features"):
            for start in range(0, len(groups), _TOGETHER):
                chunk = {group.key: group for group in groups[start : start + _TOGETHER] if group.features}
                for key, history in self._past_of_all(list(chunk.values())):
                    answers[key] = point_in_time.values_as_of(
                        history, times=chunk[key].times, features=chunk[key].features, as_known=as_known
                    )
        found = [answers.get(group.key) or [{} for _ in group.times] for group in groups]
        return reading.in_order(groups, found, count=len(rows))

    def history(self, entity: str, entity_id: str, *, since: str = "", until: str = "") -> Iterator[Past]:
        """As FeatureStore.history."""
        (key,) = reading.keys(entity, [entity_id], registry=self._registry)
        bounds: dict[str, str] = {}
        if since:
            bounds["$gte"] = values.time_text(since)
        if until:
            bounds["$lte"] = layout.last_place(values.time_text(until))
        query = {layout.ENTITY_KEY: key, **({layout.PLACE: bounds} if bounds else {})}
        with _faults("read the history of features"):
            yield from map(_past, self._history.find(query, {_ID: 0}).sort(layout.PLACE, DESCENDING))

    def delete(self, entity: str, ids: Iterable[str]) -> int:
        """As FeatureStore.delete."""
        keys = list(reading.keys(entity, ids, registry=self._registry))
        if not keys:
            return 0
        with _faults("delete features"):
            online = _again(lambda: self._online.delete_many({_ID: {"$in": keys}}))
            history = _again(lambda: self._history.delete_many({layout.ENTITY_KEY: {"$in": keys}}))
        return online.deleted_count + history.deleted_count

    def _read(self, wanted: Mapping[str, reading.Wanted]) -> dict[str, dict[str, dict[str, Value]]]:
        keys, fields = reading.asked(wanted)
        found: dict[str, Mapping[str, Any]] = {}
        if keys:
            only = keys[0] if len(keys) == 1 else {"$in": keys}
            with _faults("read features"):
                found = {one[_ID]: one for one in self._online.find({_ID: only}, dict.fromkeys(fields, 1))}
        return reading.online_of(wanted, found, now=self._clock())

    def _insert(self, events: Sequence[Event], *, now: datetime) -> dict[int, bool]:
        """Append to the history; the numbers of those that it had already, each with whether it had them the same."""
        documents = [self._past_document(event, now=now) for event in events]
        try:
            _again(lambda: self._history.insert_many(documents, ordered=False))
        except BulkWriteError as error:
            numbers = _duplicates(error)
        else:
            return {}
        ids = [documents[number][_ID] for number in numbers]
        newest = self._history.with_options(read_preference=ReadPreference.PRIMARY)  # a replica may not have them yet
        held = {one[_ID]: one[layout.FEATURES] for one in newest.find({_ID: {"$in": ids}}, {layout.FEATURES: 1})}
        given = {number: dict(events[number].features) for number in numbers}
        return {number: held.get(documents[number][_ID], values) == values for number, values in given.items()}

    def _update(self, newest: Sequence[Newest], *, now: datetime) -> list[Cell]:
        """Write the values that are newer than those that are there; what was written."""
        refused = self._refused(newest, now=now)
        # Each value once more: the entity's first document may just have been made, or only some values are older.
        alone = [each for one in refused for each in one.alone()]
        older = {id(one) for one in (*refused, *self._refused(alone, now=now))}
        return [cell for one in (*newest, *alone) if id(one) not in older for cell in one.cells()]

    def _refused(self, newest: Sequence[Newest], *, now: datetime) -> list[Newest]:
        """Write what is newer as a whole; those of which some value is not."""
        if not newest:
            return []
        try:
            _again(lambda: self._online.bulk_write([self._operation(one, now=now) for one in newest], ordered=False))
        except BulkWriteError as error:
            return [newest[number] for number in _duplicates(error)]
        return []

    def _operation(self, newest: Newest, *, now: datetime) -> UpdateOne:
        older: Document = {_ID: newest.key}
        new: Document = {}
        for name, placed in newest.values.items():
            field = layout.field(name)
            older[f"{field}.{layout.VALUE_PLACE}"] = {"$not": {"$gte": placed.place}}
            new[field] = {layout.VALUE: placed.value, layout.VALUE_PLACE: placed.place}
        expiry = folding.online_expiry(self._registry, newest.entity, now=now)
        if expiry is None:
            return UpdateOne(older, {"$set": new, "$unset": {layout.EXPIRES_AT: ""}}, upsert=True)
        return UpdateOne(older, {"$set": {**new, layout.EXPIRES_AT: expiry}}, upsert=True)

    def _past_document(self, event: Event, *, now: datetime) -> Document:
        key, place = folding.key_of(event), layout.place(event)
        document: Document = {
            _ID: f"{key}#{place}",
            layout.ENTITY_KEY: key,
            layout.PLACE: place,
            layout.FEATURES: dict(event.features),
            layout.WRITTEN_AT: values.time_text(now),
        }
        if expiry := folding.history_expiry(event, days=self._history_days):
            document[layout.EXPIRES_AT] = expiry
        return document

    def _past_of_all(self, groups: Sequence[reading.Group]) -> Iterator[tuple[str, Iterator[Past]]]:
        """Of each entity with a history its events, the latest first."""
        if not groups:
            return
        bounds: dict[str, str] = {"$lte": layout.last_place(max(max(group.times) for group in groups))}
        oldest = [point_in_time.oldest_needed(times=group.times, features=group.features) for group in groups]
        if None not in oldest:
            bounds["$gte"] = min(one for one in oldest if one is not None)
        names = {feature.name for group in groups for feature in group.features}
        wanted = [layout.ENTITY_KEY, layout.PLACE, layout.WRITTEN_AT, *(f"{layout.FEATURES}.{name}" for name in names)]
        found = self._history.find(
            {layout.ENTITY_KEY: {"$in": [group.key for group in groups]}, layout.PLACE: bounds},
            {_ID: 0, **dict.fromkeys(wanted, 1)},
        ).sort([(layout.ENTITY_KEY, DESCENDING), (layout.PLACE, DESCENDING)])
        for key, documents in groupby(found, key=itemgetter(layout.ENTITY_KEY)):
            yield key, map(_past, documents)


def _past(document: Document) -> Past:
    return Past(document[layout.PLACE], document.get(layout.FEATURES, {}), document[layout.WRITTEN_AT])


def _duplicates(error: BulkWriteError) -> list[int]:
    """The numbers of the operations that ran into a document; raises the error if anything else went wrong."""
    faults = error.details.get("writeErrors", [])
    if error.details.get("writeConcernErrors") or any(fault["code"] != _DUPLICATE for fault in faults):
        raise error
    return sorted(fault["index"] for fault in faults)


def _again(call: Callable[[], R]) -> R:
    """The call's answer, after a second try where the connection broke: every write here may be repeated."""
    try:
        return call()
    except AutoReconnect:
        return call()


@contextmanager
def _faults(doing: str) -> Iterator[None]:
    try:
        yield
    except (ConnectionFailure, ExecutionTimeout, WTimeoutError) as error:
        raise StoreUnavailableError(f"MongoDB did not answer to {doing}: {_first(error)}") from error
    except OperationFailure as error:
        if error.code in _DENIED:
            raise StoreDeniedError(
                f"MongoDB does not let the user of the URI {doing}: give it readWrite on the database, or correct the "
                f"secret: {_first(error)}"
            ) from error
        raise StoreError(f"MongoDB refused to {doing}: {_first(error)}") from error
    except PyMongoError as error:
        raise StoreError(f"MongoDB could not {doing}: {_first(error)}") from error


def _first(error: PyMongoError) -> str:
    """The first line of an error, without the topology that pymongo adds to it."""
    return str(error).split("\n")[0].split(", Timeout:")[0].split(", full error:")[0][:300]
