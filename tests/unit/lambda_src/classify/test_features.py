"""Features are read beside the model: what is there in time is used, and what is not never holds a request up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from contracts.features import layout
from contracts.features.event import utc_now
from contracts.texts import text_normalization
from environments.reading import registry
from lambda_src.classify import features as features_of
from lambda_src.classify.environment import ClassifySettings
from lambda_src.classify.features import Features, Found, Ids, Reading
from lambda_src.common import aws
from lambda_src.common.features import dynamodb
from lambda_src.common.features.store import StoreUnavailableError
from tests.checkout import ROOT
from tests.tables import make_table

REGISTRY = registry.load("environments/registry/features.yaml", root=ROOT)
RATES = text_normalization.text_id("Rates rise")
KNOWN: Found = {
    "caller": {"k1": {"texts_30d": 4}},
    "publisher": {"the times": {"texts_30d": 9}},
    "text": {RATES: {"labellers": 2}},
}


class Store:
    """Answers `KNOWN` once it may. fault: what it raises instead."""

    def __init__(self, *, fault: Exception | None = None) -> None:
        self.open = threading.Event()
        self.asked: list[Ids] = []
        self._fault = fault

    def __call__(self, ids: Ids) -> Found:
        self.asked.append(ids)
        assert self.open.wait(30)
        if self._fault:
            raise self._fault
        return KNOWN


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    yield store
    store.open.set()


def features(store: Any, *, wait_seconds: float = 0.0) -> Features:
    return Features(read=store, wait_seconds=wait_seconds, logger=Logger(service="test"))


def taken(reader: Features, reading: Reading) -> list[dict[str, Any]] | None:
    pending = reader.start(("Rates rise", "Other"), caller="k1", publisher="the times")
    return reader.take(pending, reading)


def test_what_is_there_when_the_model_has_answered_is_used(store: Store) -> None:
    store.open.set()
    reader, reading = features(store), Reading()
    pending = reader.start(("RATES rise", "Other"), caller="k1", publisher="the times")
    assert pending.future is not None
    pending.future.result(30)  # the model takes longer
    shared = {"caller.texts_30d": 4, "publisher.texts_30d": 9}
    assert reader.take(pending, reading) == [{**shared, "text.labellers": 2}, shared]
    assert reading == Reading(asked=1, missed=0, failed=0)


def test_a_store_that_hangs_holds_no_request_up_and_is_asked_no_more_than_it_answers(store: Store) -> None:
    reader, reading = features(store), Reading()
    for _ in range(10):
        assert taken(reader, reading) is None
    assert reading == Reading(asked=10, missed=10, failed=0)
    assert len(store.asked) <= 3  # further reads would only queue up behind those that hang
    store.open.set()


def test_a_store_that_is_down_is_counted_and_no_request_fails() -> None:
    store = Store(fault=StoreUnavailableError("DynamoDB did not answer."))
    store.open.set()
    reading = Reading()
    assert taken(features(store, wait_seconds=30), reading) is None
    assert reading == Reading(asked=1, missed=1, failed=1)


def test_a_fault_of_ours_fails_no_request_either() -> None:
    store = Store(fault=RuntimeError("a bug"))
    store.open.set()
    reading = Reading()
    assert taken(features(store, wait_seconds=30), reading) is None
    assert reading.failed == 1


def test_a_caller_without_a_publisher_asks_for_none(store: Store) -> None:
    store.open.set()
    reader = features(store, wait_seconds=30)
    pending = reader.start(("Rates rise",), caller="k1", publisher="")
    assert reader.take(pending, Reading()) == [{"caller.texts_30d": 4, "text.labellers": 2}]
    assert store.asked == [{"caller": ["k1"], "text": [RATES]}]


class Counting:
    """A client that counts its calls."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.calls.append(name)
        return getattr(self._client, name)


def test_a_request_s_caller_publisher_and_texts_are_read_in_one_call(
    account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Counting(aws.client("dynamodb"))
    make_table(client, "online", **{layout.ENTITY_KEY: "S"})
    make_table(client, "history", **{layout.ENTITY_KEY: "S", layout.PLACE: "S"})
    now = utc_now()
    known = [("caller", "k1", {"texts_30d": 4}), ("publisher", "the times", {"texts_30d": 9})]
    dynamodb.Store(client, online="online", history="history", registry=REGISTRY).write(
        {"entity": entity, "entity_id": one, "features": values, "event_time": now, "event_id": "e"}
        for entity, one, values in [*known, ("text", RATES, {"labellers": 2})]
    )
    monkeypatch.setattr(aws, "client", lambda *_, **__: client)
    settings = ClassifySettings(
        request_log_table="requests", log_dlq_url="", request_log_days=30, request_log_shards=1,
        request_log_text="store", environment="dev", answers_table="answers", endpoint_name="endpoint",
        feature_store="dynamodb", features_online_table="online", features_registry=REGISTRY.as_json(),
        features_wait_ms=30_000,
    )  # fmt: skip
    reader = features_of.make(settings, logger=Logger(service="test"))
    assert reader is not None
    client.calls.clear()
    [first, second] = taken(reader, Reading()) or [{}, {}]
    assert client.calls == ["batch_get_item"]
    shared = {"caller.texts_30d": 4, "publisher.texts_30d": 9}
    assert (first, second) == ({**shared, "text.labellers": 2}, shared)
