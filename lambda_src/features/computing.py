"""One computation: counts what came since the last one, writes the features that changed, then how far it has counted.

What was counted is one object, and features are made from it alone: a run that is killed between the two writes is
repeated from the same place, with the same events, which change nothing twice. Two runs at once: the later to write its
object finds that it was changed, and what it has written is what the other writes too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol, TypeVar

from contracts.datasets import ledger
from contracts.datasets.ledger import Event as LedgerEvent
from contracts.features import event, values
from contracts.features.registry import Registry
from contracts.features.values import FeatureError, Value
from contracts.logs import request_log
from contracts.logs.request_log import Item
from lambda_src.common.features.store import WriteResult
from lambda_src.common.times import written
from lambda_src.features import text_labels
from lambda_src.features.activity import Activity
from lambda_src.features.state import ENTITIES, State

T = TypeVar("T")

# Texts or labels between two writes of the state.
PART = 2_000
# How old a text is before it is counted: it must be in the log and its index by then.
SETTLE = timedelta(seconds=60)
# How far back the first run goes at most, and how far the place may lie behind where nothing came.
_FIRST, _BEHIND = timedelta(days=30), timedelta(days=1)
# Callers, and publishers, that are counted: whoever sends made-up publishers must not make the state grow without end.
MOST_ENTITIES = 10_000


class LogPort(Protocol):
    """The request log (sources.Log)."""

    def texts(self, *, after: str, until: str) -> Iterator[Item]: ...
    def late(self, *, after: str, until: str) -> Iterator[Item]: ...
    def whole(self, keys: Sequence[tuple[str, int]]) -> list[Item]: ...


class LedgerPort(Protocol):
    """The ledger of labels (sources.Ledger)."""

    def events(self, *, after: str, until: str) -> Iterator[LedgerEvent]: ...
    def row(self, row_id: str) -> list[LedgerEvent]: ...


class StatesPort(Protocol):
    """What was counted (state.States)."""

    def read(self, *, first: str) -> State: ...
    def save(self, state: State) -> None: ...


class StorePort(Protocol):
    """Where features go (common.features.store.FeatureStore)."""

    def write(self, events: Iterable[dict[str, Any]]) -> WriteResult: ...


@dataclass
class Computed:
    """What a run did. events: written to the store; stale: of these, the store had newer ones. left_out: texts of
    callers or publishers beyond MOST_ENTITIES. until: the time to which the log was counted, UTC; done: whether that
    is all there is.
    """

    texts: int = 0
    labels: int = 0
    events: int = 0
    stale: int = 0
    left_out: int = 0
    until: str = ""
    done: bool = False


@dataclass
class Computing:
    """A run. Raises what the ports raise; the next run goes on where the last part was saved."""

    log: LogPort
    ledger: LedgerPort
    states: StatesPort
    store: StorePort
    registry: Registry
    now: Callable[[], datetime]
    has_time: Callable[[], bool]
    state: State = field(init=False)
    result: Computed = field(default_factory=Computed)

    def run(self) -> Computed:
        """Count up to now, or until there is no more time."""
        self.state = self.states.read(first=written(self.now() - _FIRST))
        until = written(self.now() - SETTLE)
        done = self._texts(until) and self._late(until) and self._labels(until)
        if done:
            self._roll(until)
        self.result.done, self.result.until = done, min(until, request_log.time_of(self.state.counted))
        return self.result

    def _texts(self, until: str) -> bool:
        for part in _parts(self.log.texts(after=self.state.counted, until=until)):
            if not self.has_time():
                return False
            self._count(part, late=False)
            self.state.counted = part[-1]["place"]
            self.states.save(self.state)
        return True

    def _late(self, until: str) -> bool:
        for part in _parts(self.log.late(after=self.state.counted_late, until=until)):
            if not self.has_time():
                return False
            keys = [request_log.late_text(item) for item in part]
            items: list[Item] = [{"request_id": name, "position": position} for name, position in keys]
            self._count(items, late=True, at=part[-1]["place"])
            self.state.counted_late = part[-1]["place"]
            self.states.save(self.state)
        return True

    def _count(self, part: Sequence[Item], *, late: bool, at: str = "") -> None:
        touched: dict[tuple[str, str], Activity] = {}
        for item in self.log.whole([(one["request_id"], int(one["position"])) for one in part]):
            # A text of which both are known, that it came late and its usual place, is in that place.
            if "label" not in item or request_log.is_late(item["place"]) != late:
                continue
            self.result.texts += 1
            for name in entities_of(item):
                activity = self._activity(*name)
                if activity is not None:
                    activity.count_text(item["time"], label=item["label"], confidence=item.get("confidence"))
                    touched[name] = activity
        self._write(_changed(touched), place=at or part[-1]["place"])

    def _labels(self, until: str) -> bool:
        for part in _parts(self.ledger.events(after=self.state.counted_labels, until=until)):
            if not self.has_time():
                return False
            labels = [one for one in part if one.get("kind") == ledger.LABEL]
            self.result.labels += len(labels)
            self._feedback(labels, place=part[-1]["place"])
            self._text_labels({one["row_id"] for one in labels})
            self.state.counted_labels = part[-1]["place"]
            self.states.save(self.state)
        return True

    def _feedback(self, labels: Sequence[LedgerEvent], *, place: str) -> None:
        given = [one for one in labels if one.get("source") == ledger.FEEDBACK and "request_id" in one]
        keys = [(one["request_id"], int(one["position"])) for one in given]
        found = {
            (item["request_id"], int(item["position"])): item for item in self.log.whole(list(dict.fromkeys(keys)))
        }
        touched: dict[tuple[str, str], Activity] = {}
        for one, key in zip(given, keys, strict=True):
            for name in entities_of(found.get(key, {"key_id": one["key_id"]})):
                activity = self._activity(*name)
                if activity is not None:
                    activity.count_feedback(_time(one["place"]), is_wrong=one["label"] != one.get("model_label"))
                    touched[name] = activity
        self._write(_changed(touched), place=place)

    def _text_labels(self, rows: set[str]) -> None:
        events = []
        for row_id in sorted(rows):
            known = self.ledger.row(row_id)
            if known:
                newest = max(known, key=ledger.order)
                features = self._named("text", text_labels.features(known))
                events += _events("text", row_id, features, at=newest["time"], of=newest["event_id"])
        self._store(events)

    def _roll(self, until: str) -> None:
        """Of those whose oldest day has left the window, the features anew: nothing new may have come of them."""
        rolled: dict[tuple[str, str], Activity] = {}
        for entity in ENTITIES:
            for name, activity in list(self.state.activity[entity].items()):
                if activity.forget(today=until[:10]):
                    rolled[entity, name] = activity
                if not activity.days:
                    del self.state.activity[entity][name]
        self._write(_changed(rolled), place=f"{until}#window")
        # Where nothing came for long, go on from later: each day between is read again at every run.
        recently = written(datetime.fromisoformat(until) - _BEHIND)
        state = self.state
        before = (state.counted, state.counted_late, state.counted_labels)
        after = tuple(max(place, recently) for place in before)
        state.counted, state.counted_late, state.counted_labels = after
        if rolled or before != after or state.etag is None:
            self.states.save(state)

    def _activity(self, entity: str, name: str) -> Activity | None:
        known = self.state.activity[entity]
        if name not in known:
            if len(known) >= MOST_ENTITIES:
                self.result.left_out += 1
                return None
            known[name] = Activity()
        return known[name]

    def _write(self, changed: Iterable[tuple[str, str, dict[str, Value]]], *, place: str) -> None:
        """Write what was counted up to a place, behind all that was written before: labels of a minute ago must not
        count as older than the texts that were counted first.
        """
        time, _, of = place.partition("#")
        at, written_last = values.time_text(time), self.state.written
        if at <= written_last:
            at = values.time_text(values.time_of(written_last) + timedelta(microseconds=1))
        self.state.written = at
        self._store(
            one
            for entity, name, features in changed
            for one in _events(entity, name, self._named(entity, features), at=at, of=of)
        )

    def _store(self, events: Iterable[dict[str, Any]]) -> None:
        listed = list(events)
        if listed:
            done = self.store.write(listed)
            self.result.events += len(listed)
            self.result.stale += done.stale

    def _named(self, entity: str, features: dict[str, Value]) -> dict[str, Value]:
        """Those that the registry names."""
        known = self.registry.of(entity)
        return {name: value for name, value in features.items() if name in known}


def entities_of(item: Item) -> Iterator[tuple[str, str]]:
    """The caller, and the publisher if the request named one; without those whose id a store does not take."""
    for entity, name in (("caller", item["key_id"]), ("publisher", item.get("publisher", ""))):
        with suppress(FeatureError):
            yield entity, event.checked_id(entity, name)


def _changed(touched: dict[tuple[str, str], Activity]) -> Iterator[tuple[str, str, dict[str, Value]]]:
    return ((entity, name, activity.features()) for (entity, name), activity in touched.items())


def _events(entity: str, name: str, features: dict[str, Value], *, at: str, of: str) -> list[dict[str, Any]]:
    """At most one event. of: its id; the same counts are the same event, however often they are written."""
    if not features:
        return []
    return [{"entity": entity, "entity_id": name, "features": features, "event_time": at, "event_id": of}]


def _parts(items: Iterator[T]) -> Iterator[list[T]]:
    while part := list(islice(items, PART)):
        yield part


def _time(place: str) -> str:
    return place.partition("#")[0]
