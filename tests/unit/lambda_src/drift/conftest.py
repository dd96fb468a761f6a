"""An environment in memory, and the function set to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from lambda_src.drift import handler as drift
from lambda_src.drift import log, store
from tests.unit.lambda_src.drift.world import World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, configure: Callable[..., None]) -> Iterator[World]:
    made = World()
    configure(
        drift,
        REQUEST_LOG_TABLE="requests",
        REQUEST_LOG_DAYS="30",
        REQUEST_LOG_SHARDS="4",
        ARTIFACT_BUCKET="artifacts",
        ENVIRONMENT="dev",
        TOLERANCE="0.02",
        ALPHA="0.001",
        SETTLE_SECONDS="300",
    )
    monkeypatch.setattr(drift, "_log", lambda: log.Log(made.table, table="requests", shards=4))
    monkeypatch.setattr(drift, "_store", lambda: store.Store(made.bucket, bucket="artifacts"))
    monkeypatch.setattr(drift, "_now", lambda: made.now)
    yield made
