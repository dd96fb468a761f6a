"""The two sides: our store, and plain pymongo that keeps the same documents and does not look at what is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from pymongo import ASCENDING, InsertOne, UpdateOne, WriteConcern
from pymongo.database import Database

from contracts.features import layout
from contracts.features.registry import Registry
from contracts.features.values import time_text
from lambda_src.common.features.mongodb.store import Store

Document = dict[str, Any]


class Side(Protocol):
    """What is measured."""

    def write(self, events: Sequence[Document]) -> None:
        """Write some events."""
        ...

    def read(self, one: str) -> Document:
        """The newest values of a caller."""
        ...


class Ours:
    """The feature store."""

    def __init__(self, database: Database[Document], *, registry: Registry) -> None:
        self.store = Store(database, registry=registry)
        self.store.prepare()
        self.stale = 0

    def write(self, events: Sequence[Document]) -> None:
        self.stale += self.store.write(events).stale

    def read(self, one: str) -> Document:
        return dict(self.store.read("caller", [one])[one])


class Plain:
    """An insert into the history and an upsert, with the same write concern and indexes."""

    def __init__(self, database: Database[Document], *, registry: Registry) -> None:
        acknowledged = WriteConcern(w="majority")
        self._online = database.get_collection(layout.ONLINE, write_concern=acknowledged)
        self._history = database.get_collection(layout.HISTORY, write_concern=acknowledged)
        self._online.create_index([(layout.EXPIRES_AT, ASCENDING)], expireAfterSeconds=0)
        self._history.create_index([(layout.ENTITY_KEY, ASCENDING), (layout.PLACE, ASCENDING)])
        self._history.create_index([(layout.EXPIRES_AT, ASCENDING)], expireAfterSeconds=0)
        life = registry.longest_life("caller")
        self._life = timedelta(seconds=(life or 0) + layout.SLACK_SECONDS)
        self._wanted = {layout.field(feature.name): 1 for feature in registry.of("caller").values()}

    def write(self, events: Sequence[Document]) -> None:
        now = datetime.now(UTC)
        documents = [self._past(event, now=now) for event in events]
        if len(events) == 1:
            self._history.insert_one(documents[0])
            self._online.update_one(*self._newest(events[0], now=now), upsert=True)
            return
        self._history.bulk_write([InsertOne(document) for document in documents], ordered=False)
        updates = [UpdateOne(*self._newest(event, now=now), upsert=True) for event in events]
        self._online.bulk_write(updates, ordered=True)  # in another order, more would be wrong

    def read(self, one: str) -> Document:
        found = self._online.find_one({"_id": layout.entity_key("caller", one)}, self._wanted) or {}
        return {name.removeprefix("f_"): held["v"] for name, held in found.items() if name != "_id"}

    def _past(self, event: Document, *, now: datetime) -> Document:
        key, place = layout.entity_key("caller", event["entity_id"]), f"{event['event_time']}#{event['event_id']}"
        return {
            "_id": f"{key}#{place}",
            layout.ENTITY_KEY: key,
            layout.PLACE: place,
            layout.FEATURES: event["features"],
            layout.WRITTEN_AT: time_text(now),
        }

    def _newest(self, event: Document, *, now: datetime) -> tuple[Document, Document]:
        place = f"{event['event_time']}#{event['event_id']}"
        values = {layout.field(name): {"v": value, "p": place} for name, value in event["features"].items()}
        key = layout.entity_key("caller", event["entity_id"])
        return {"_id": key}, {"$set": {**values, layout.EXPIRES_AT: now + self._life}}
