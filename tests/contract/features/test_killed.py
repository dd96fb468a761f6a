"""A server that is killed in mid-write has lost nothing that it acknowledged, and the rest can be written again."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from contracts.features.event import utc_now
from contracts.features.values import time_text
from lambda_src.common.features.mongodb.store import Store
from lambda_src.common.features.store import StoreUnavailableError
from tests.contract.features.running import Running
from tests.contract.features.test_mongodb import client_of
from tests.feature_stores import REGISTRY

WRITERS, BEFORE_THE_KILL, CALLERS = 4, 120, 5


def numbered(number: int, *, writer: int) -> dict[str, Any]:
    return {
        "entity": "caller",
        "entity_id": f"k{number % CALLERS}",
        "features": {"texts": number, "tier": f"{writer}"},
        "event_time": time_text(utc_now()),
        "event_id": f"{writer}-{number:06d}",
    }


class Writing:
    """Writers that go on until their server is gone."""

    def __init__(self, server: Running) -> None:
        self._client = client_of(server.documentdb, kind="documentdb")
        self.sent: list[dict[str, Any]] = []
        self.acknowledged: list[dict[str, Any]] = []
        self.ended: list[Exception] = []
        self._enough, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._write, args=(number,), daemon=True) for number in range(WRITERS)]

    def until_enough(self) -> None:
        for thread in self._threads:
            thread.start()
        assert self._enough.wait(120)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()
        self._client.close()

    def _write(self, writer: int) -> None:
        store = Store(self._client["killed"], registry=REGISTRY)
        for number in range(100_000):
            batch = [numbered(number * 3 + part, writer=writer) for part in range(3)]
            with self._lock:
                self.sent += batch
            try:
                store.write(batch)
            except StoreUnavailableError as error:
                self.ended.append(error)
                return
            with self._lock:
                self.acknowledged += batch
                if len(self.acknowledged) >= BEFORE_THE_KILL:
                    self._enough.set()


def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as first:
        writing = Writing(first)
        writing.until_enough()
        first.kill()
        writing.join()
    assert len(writing.ended) == WRITERS  # each was told, in time
    with Running(tmp_path / "data") as again, client_of(again.documentdb, kind="documentdb") as client:
        store = Store(client["killed"], registry=REGISTRY)
        ids = [f"k{number}" for number in range(CALLERS)]
        held = {past.place for one in ids for past in store.history("caller", one)}
        places = {f"{each['event_time']}#{each['event_id']}" for each in writing.acknowledged}
        assert len(writing.acknowledged) >= BEFORE_THE_KILL
        assert places - held == set()
        store.write(writing.sent)
        online = store.read("caller", ids)
        assert [online[one] for one in ids] == store.read_as_of([("caller", one, time_text(utc_now())) for one in ids])
        for one in ids:
            newest = max(
                (each for each in writing.sent if each["entity_id"] == one),
                key=lambda each: (each["event_time"], each["event_id"]),
            )
            assert online[one] == newest["features"]


def test_a_server_that_is_gone_is_named_as_unavailable() -> None:
    with client_of("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1", kind="atlas") as client:
        store = Store(client["gone"], registry=REGISTRY)
        with pytest.raises(StoreUnavailableError, match=r"^MongoDB did not answer to read features: ") as raised:
            store.read("caller", ["k1"])
    assert "\n" not in str(raised.value)
