"""A request log, a ledger, a bucket and a store in memory, where any call can be the last of a run that is killed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.datasets import ledger
from contracts.datasets.ledger import Event as LedgerEvent
from contracts.features import layout, registry
from contracts.features.event import checked_all
from contracts.logs import request_log
from contracts.logs.request_log import Item
from environments.reading import registry as files
from lambda_src.common import one_object
from lambda_src.common.features.store import StoreUnavailableError, WriteResult
from lambda_src.common.times import written
from lambda_src.features.computing import Computed, Computing
from lambda_src.features.state import State
from tests.checkout import ROOT

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
REGISTRY = files.load("environments/registry/features.yaml", root=ROOT)


class Killed(BaseException):
    """The run's process is gone: nothing in it may catch this."""


class World:
    """Everything that a run reads and writes. now: the clock."""

    def __init__(self) -> None:
        self.now = NOW
        self.items: dict[tuple[str, int], Item] = {}
        self.arrivals: list[Item] = []
        self.events: list[LedgerEvent] = []
        self.saved: dict[str, Any] | None = None
        self.saves = 0
        self.online: dict[tuple[str, str], dict[str, tuple[str, Any]]] = {}
        self.history: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.down = False
        self.calls, self.last = 0, 0
        self.known = registry.Registry(REGISTRY.features)

    def text(
        self, caller: str, *, ago: float, label: str = "Business", publisher: str = "", late: float | None = None
    ) -> tuple[str, int]:
        """Log an answered text of so many seconds ago. late: when it came from the dead letters, seconds ago."""
        name, time = f"r{len(self.items):05d}", written(self.now - timedelta(seconds=ago))
        place = request_log.place_of(time, name, 0)
        item: Item = {"request_id": name, "position": 0, "time": time, "key_id": caller, "place": place, "label": label}
        item["confidence"] = 0.5
        if publisher:
            item["publisher"] = publisher
        if late is not None:
            item["place"] = request_log.late(place)
            arrived = written(self.now - timedelta(seconds=late))
            self.arrivals.append(request_log.late_item(name, 0, arrived=arrived, expires_at=0))
        self.items[name, 0] = item
        return name, 0

    def label(
        self, text: str, label: str, *, ago: float, by: str = "ana", source: Any = ledger.LABELLING, **known: Any
    ) -> str:
        """Append a label to the ledger; the text's row."""
        row = ledger.row_of(text)
        given = {"trusted": True, "key_id": "k-desk", **known}
        self.events.append(
            ledger.label_event(
                row,
                source=source,
                label=label,
                at=written(self.now - timedelta(seconds=ago)),
                keep_days=30,
                same=(by, str(len(self.events))),
                labeller=by,
                **given,
            )
        )
        return row

    def run(self, *, kill_at: int = 0) -> Computed:
        """One run. kill_at: the number of the call that is its last."""
        self.calls, self.last = 0, kill_at
        return Computing(
            log=_Log(self),
            ledger=_Ledger(self),
            states=_States(self),
            store=_Store(self),
            registry=self.known,
            now=lambda: self.now,
            has_time=lambda: True,
        ).run()

    def called(self) -> None:
        self.calls += 1
        if self.last and self.calls >= self.last:
            raise Killed

    def values(self, entity: str, name: str) -> dict[str, Any]:
        """The newest values."""
        return {feature: value for feature, (_, value) in self.online.get((entity, name), {}).items()}


class _Log:
    def __init__(self, world: World) -> None:
        self._world = world

    def texts(self, *, after: str, until: str) -> Iterator[Item]:
        self._world.called()
        places = sorted((item["place"], key) for key, item in self._world.items.items())
        return iter(
            [
                self._world.items[key]
                for place, key in places
                if after < place <= until and not request_log.is_late(place)
            ]
        )

    def late(self, *, after: str, until: str) -> Iterator[Item]:
        self._world.called()
        found = [item for item in self._world.arrivals if after < item["place"] <= until]
        return iter(sorted(found, key=lambda item: item["place"]))

    def whole(self, keys: Sequence[tuple[str, int]]) -> list[Item]:
        self._world.called()
        return [self._world.items[key] for key in keys if key in self._world.items]


class _Ledger:
    def __init__(self, world: World) -> None:
        self._world = world

    def events(self, *, after: str, until: str) -> Iterator[LedgerEvent]:
        self._world.called()
        found = [one for one in self._world.events if after < one["place"] <= until]
        return iter(sorted(found, key=lambda one: one["place"]))

    def row(self, row_id: str) -> list[LedgerEvent]:
        self._world.called()
        return [one for one in self._world.events if one["row_id"] == row_id]


class _States:
    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, *, first: str) -> State:
        self._world.called()
        if self._world.saved is None:
            return State(first, first, first)
        return State.of(copy.deepcopy(self._world.saved), etag=str(self._world.saves))

    def save(self, state: State) -> None:
        self._world.called()
        if state.etag != (None if self._world.saved is None else str(self._world.saves)):
            raise one_object.ChangedError("changed")
        self._world.saved = copy.deepcopy(state.document())
        self._world.saves += 1
        state.etag = str(self._world.saves)


class _Store:
    """As the contract says: a later event wins, and the same event changes nothing."""

    def __init__(self, world: World) -> None:
        self._world = world

    def write(self, events: Iterable[Mapping[str, Any]]) -> WriteResult:
        self._world.called()
        if self._world.down:
            raise StoreUnavailableError("The store did not answer.")
        checked = checked_all(events, registry=self._world.known, now=self._world.now)
        stale = 0
        for one in checked:
            key, place = (one.entity, one.entity_id), layout.place(one)
            self._world.history[(*key, place)] = dict(one.features)
            held = self._world.online.setdefault(key, {})
            newer = {name: value for name, value in one.features.items() if held.get(name, ("",))[0] < place}
            stale += not newer
            held.update({name: (place, value) for name, value in newer.items()})
        return WriteResult(written=len(checked) - stale, stale=stale, repeated=0, conflicting=0)


Change = Callable[[World], None]
