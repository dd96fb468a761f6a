"""The feature store in MongoDB does what it does in DynamoDB, and with nothing that Amazon DocumentDB lacks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, OperationFailure

from contracts.features import layout
from lambda_src.common.features.mongodb import connection
from lambda_src.common.features.mongodb.store import Store
from lambda_src.common.features.store import StoreError, WriteResult
from tests.contract.features.running import Running
from tests.feature_stores import NOW, REGISTRY, Behaviour, Clock, Made, event

Client = MongoClient[dict[str, Any]]
DATABASES = count()


def client_of(uri: str, *, kind: connection.Server) -> Client:
    """As a function makes it of its secret."""
    return connection.client(connection.address(uri, server=kind, name="test"))


@pytest.fixture(scope="session", params=["atlas", "documentdb"])
def client(request: pytest.FixtureRequest, server: Running) -> Iterator[Client]:
    uri = server.mongodb if request.param == "atlas" else server.documentdb
    with client_of(uri, kind=request.param) as made:
        yield made


@pytest.fixture
def made(client: Client) -> Made:
    database, clock = client[f"test{next(DATABASES)}"], Clock()

    def other() -> Store:
        return Store(database, registry=REGISTRY, history_days=400, clock=clock)

    return Made(other(), clock, other)


class TestInMongoDb(Behaviour):
    """The same tests as in DynamoDB."""


def test_a_document_that_another_writer_has_just_made_is_tried_once_more(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.other().write([event(-10, texts=1)])
    written, calls = Collection.bulk_write, count()

    def overtaken(self: Any, *arguments: Any, **options: Any) -> Any:
        if next(calls) == 0:  # the filter found nothing, and the insert ran into the other writer's document
            raise BulkWriteError({"writeErrors": [{"index": 0, "code": 11000}]})
        return written(self, *arguments, **options)

    monkeypatch.setattr(Collection, "bulk_write", overtaken)
    assert made.store.write([event(-5, texts=2)]) == WriteResult(1, 0, 0, 0)
    assert made.store.read("caller", ["k1"]) == {"k1": {"texts": 2}}


def test_another_error_of_a_write_is_not_taken_for_a_newer_value(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    details = {"writeErrors": [{"index": 0, "code": 14031, "errmsg": "no space"}]}

    def failing(*arguments: Any, **options: Any) -> Any:
        raise BulkWriteError(details)

    monkeypatch.setattr(Collection, "bulk_write", failing)
    with pytest.raises(StoreError, match="MongoDB refused to write features"):
        made.store.write([event(-5, texts=2)])


def test_documents_say_when_they_may_be_deleted_and_the_server_is_told(client: Client, made: Made) -> None:
    made.store.write([event(-5, texts=1), {**event(-5, prior=0.5), "entity": "publisher", "entity_id": "p"}])
    database = client[f"test{next(DATABASES) - 1}"]
    online = {each["_id"]: each for each in database[layout.ONLINE].find()}
    assert layout.EXPIRES_AT not in online["caller#k1"]  # some of its features never end
    ends = NOW + timedelta(days=1, seconds=layout.SLACK_SECONDS)
    assert online["publisher#p"][layout.EXPIRES_AT] == ends.replace(tzinfo=None)
    for name in (layout.ONLINE, layout.HISTORY):
        index = database[name].index_information()["ends"]
        assert (index["key"], index["expireAfterSeconds"]) == ([(layout.EXPIRES_AT, 1)], 0)


def test_one_entity_s_history_is_found_by_its_index(client: Client, made: Made) -> None:
    made.store.write([event(-5, texts=1)])
    history = client[f"test{next(DATABASES) - 1}"][layout.HISTORY]
    query = {layout.ENTITY_KEY: "caller#k1", layout.PLACE: {"$lte": "3"}}
    assert "'indexName': 'by_entity'" in str(history.find(query).explain()["queryPlanner"]["winningPlan"])


@pytest.mark.parametrize("client", ["documentdb"], indirect=True)
@pytest.mark.parametrize(
    ("code", "command"),
    [
        (304, lambda one: list(one.aggregate([{"$facet": {}}]))),
        (304, lambda one: list(one.aggregate([{"$setWindowFields": {}}]))),
        (304, lambda one: list(one.aggregate([{"$lookup": {"from": "x", "pipeline": [], "as": "y"}}]))),
        (303, lambda one: list(one.aggregate([{"$addFields": {"a": "$$NOW"}}]))),
        (9, lambda one: one.update_one({}, [{"$set": {"a": 1}}])),
        (303, lambda one: one.find_one({"$where": "1"})),
        (303, lambda one: one.find_one({}, collation={"locale": "en"})),
        (303, lambda one: one.create_index([("a", "hashed")])),
        (67, lambda one: one.create_index(["a", "b"], expireAfterSeconds=1)),
    ],
)
def test_what_documentdb_lacks_is_refused(client: Client, code: int, command: Any) -> None:
    with pytest.raises(OperationFailure) as raised:
        command(client["refused"]["x"])
    assert raised.value.code == code


def test_documentdb_refuses_retryable_writes_which_the_connection_turns_off(server: Running) -> None:
    refused = pytest.raises(OperationFailure, match="Retryable writes are not supported")
    with MongoClient[dict[str, Any]](server.documentdb) as plain, refused:
        plain["refused"]["x"].insert_one({})
    with client_of(f"{server.documentdb}&retryWrites=true", kind="documentdb") as ours:
        ours["refused"]["x"].insert_one({})
