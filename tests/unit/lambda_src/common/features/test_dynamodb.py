"""The feature store in DynamoDB, on moto with DynamoDB's limits."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from contracts.features import layout
from lambda_src.common import aws
from lambda_src.common.features import dynamodb
from lambda_src.common.features.store import StoreError, StoreUnavailableError, WriteResult
from tests.feature_stores import NOW, REGISTRY, Behaviour, Clock, Made, event
from tests.tables import make_table


@pytest.fixture
def made(account: None) -> Made:
    client, clock = aws.client("dynamodb"), Clock()
    make_table(client, "online", entity_key="S")
    make_table(client, "history", entity_key="S", place="S")

    def other() -> dynamodb.Store:
        return dynamodb.Store(
            client, online="online", history="history", registry=REGISTRY, history_days=400, clock=clock
        )

    return Made(other(), clock, other)


class TestInDynamoDb(Behaviour):
    """The same tests as in MongoDB (tests/contract/features)."""


def test_items_say_when_they_may_be_deleted(made: Made) -> None:
    made.store.write([event(-5, texts=1), {**event(-5, prior=0.5), "entity": "publisher", "entity_id": "p"}])
    items = {each["entity_key"]["S"]: each for each in aws.client("dynamodb").scan(TableName="online")["Items"]}
    assert layout.EXPIRES_AT not in items["caller#k1"]  # some of its features never end
    assert int(items["publisher#p"][layout.EXPIRES_AT]["N"]) == int(NOW.timestamp()) + 86_400 + layout.SLACK_SECONDS
    (past,) = aws.client("dynamodb").query(
        TableName="history",
        KeyConditionExpression="entity_key = :k",
        ExpressionAttributeValues={":k": {"S": "caller#k1"}},
    )["Items"]
    assert int(past[layout.EXPIRES_AT]["N"]) == int(NOW.timestamp()) - 300 + 400 * 86_400


class Failing:
    """A client whose calls of one operation end with an error; the others reach the real one."""

    def __init__(self, client: Any, operation: str, error: Exception, *, times: int = 1) -> None:
        self._client, self._operation, self._error, self._left = client, operation, error, times

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)

        def failing(**request: Any) -> Any:
            if name == self._operation and self._left:
                self._left -= 1
                raise self._error
            return call(**request)

        return failing


def failing_store(operation: str, error: Exception) -> dynamodb.Store:
    client = Failing(aws.client("dynamodb"), operation, error)
    return dynamodb.Store(client, online="online", history="history", registry=REGISTRY, clock=Clock())


def test_a_write_that_stopped_between_history_and_online_is_completed_by_the_next(made: Made) -> None:
    store = failing_store("update_item", EndpointConnectionError(endpoint_url="https://dynamodb"))
    with pytest.raises(StoreUnavailableError, match="did not answer to write features"):
        store.write([event(-5, texts=1)])
    assert store.read("caller", ["k1"]) == {"k1": {}}
    assert store.write([event(-5, texts=1)]) == WriteResult(0, 0, 1, 0)
    assert store.read("caller", ["k1"]) == {"k1": {"texts": 1}}


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("ProvisionedThroughputExceededException", StoreUnavailableError, "too busy to read features"),
        ("AccessDeniedException", StoreError, "refused to read features"),
    ],
)
def test_an_error_says_what_failed(made: Made, code: str, kind: type[Exception], words: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, "BatchGetItem")
    with pytest.raises(kind, match=words):
        failing_store("batch_get_item", error).read("caller", ["k1"])


def test_keys_that_dynamodb_leaves_out_are_read_again(made: Made) -> None:
    made.store.write([event(-5, texts=1)])
    client = aws.client("dynamodb")
    answers = iter([True, False])

    class Busy:
        def batch_get_item(self, *, RequestItems: Any) -> Any:
            if next(answers):
                return {"Responses": {}, "UnprocessedKeys": RequestItems}
            return client.batch_get_item(RequestItems=RequestItems)

    store = dynamodb.Store(Busy(), online="online", history="history", registry=REGISTRY, clock=Clock())
    assert store.read("caller", ["k1"]) == {"k1": {"texts": 1}}
