"""Tests the maximum throughput of on-demand tables and indexes on a running server."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.server import Server, total

KEY = {"id": {"S": "a"}}
ITEM = {**KEY, "day": {"S": "2026-11-30"}}
MANY = 40  # calls, so that some come in the same second even on a busy machine


def make(server: Server, name: str) -> Any:
    client = server.client("dynamodb", tries=1)
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("id", "day")],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_day",
                "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    return client


def refused(call: Any, **request: Any) -> ClientError:
    with pytest.raises(ClientError) as caught:
        for _ in range(MANY):
            call(**request)
    return caught.value


def events(server: Server, kind: str, **dimensions: str) -> float:
    return total(server, "AWS/DynamoDB", f"{kind}ThrottleEvents", dimensions)


def test_reads_and_writes_beyond_a_table_s_maximum_are_refused_and_counted(server: Server) -> None:
    client = make(server, "limited")
    client.put_item(TableName="limited", Item=ITEM)
    for _ in range(MANY):
        client.get_item(TableName="limited", Key=KEY)
    client.update_table(TableName="limited", OnDemandThroughput={"MaxReadRequestUnits": 1, "MaxWriteRequestUnits": 1})
    for kind, call, request in (
        ("Read", client.get_item, {"Key": KEY}),
        ("Write", client.put_item, {"Item": ITEM}),
    ):
        error = refused(call, TableName="limited", **request)
        assert error.response["Error"]["Code"] == "ThrottlingException"
        assert "maximum OnDemandThroughput" in error.response["Error"]["Message"]
        [reason] = error.response["throttlingReasons"]
        assert reason["reason"] == f"Table{kind}MaxOnDemandThroughputExceeded"
        assert reason["resource"].endswith(":table/limited")
        assert events(server, kind, TableName="limited") >= 1
    client.update_table(TableName="limited", OnDemandThroughput={"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1})
    for _ in range(MANY):
        client.put_item(TableName="limited", Item=ITEM)


def test_an_index_refuses_the_writes_of_items_that_belong_to_it(server: Server) -> None:
    client = make(server, "indexed")
    limit = {"IndexName": "by_day", "OnDemandThroughput": {"MaxWriteRequestUnits": 1}}
    client.update_table(TableName="indexed", GlobalSecondaryIndexUpdates=[{"Update": limit}])
    [index] = client.describe_table(TableName="indexed")["Table"]["GlobalSecondaryIndexes"]
    assert index["OnDemandThroughput"]["MaxWriteRequestUnits"] == 1
    for _ in range(MANY):
        client.put_item(TableName="indexed", Item=KEY)
    error = refused(client.put_item, TableName="indexed", Item=ITEM)
    assert error.response["throttlingReasons"][0]["reason"] == "IndexWriteMaxOnDemandThroughputExceeded"
    assert events(server, "Write", TableName="indexed", GlobalSecondaryIndexName="by_day") >= 1
    assert events(server, "Write", TableName="indexed") == 0


def test_a_batch_leaves_what_is_throttled_unprocessed(server: Server) -> None:
    client = make(server, "slow")
    make(server, "quick")
    client.update_table(TableName="slow", OnDemandThroughput={"MaxReadRequestUnits": 1, "MaxWriteRequestUnits": 1})
    puts = {name: [{"PutRequest": {"Item": ITEM}}] for name in ("slow", "quick")}
    keys = {name: {"Keys": [KEY]} for name in ("slow", "quick")}
    left = [client.batch_write_item(RequestItems=puts)["UnprocessedItems"] for _ in range(MANY)]
    assert {tuple(each) for each in left} == {(), ("slow",)} and left[0] == {}
    unread = [client.batch_get_item(RequestItems=keys) for _ in range(MANY)]
    assert {tuple(each["UnprocessedKeys"]) for each in unread} == {(), ("slow",)}
    assert all(each["Responses"]["quick"] for each in unread)
    error = refused(client.batch_write_item, RequestItems={"slow": puts["slow"]})
    assert error.response["Error"]["Code"] == "ThrottlingException"


def test_a_transaction_counts_twice(server: Server) -> None:
    client = make(server, "transacted")
    client.update_table(TableName="transacted", OnDemandThroughput={"MaxWriteRequestUnits": 3})
    put = {"Put": {"TableName": "transacted", "Item": ITEM}}
    client.transact_write_items(TransactItems=[put])
    client.transact_write_items(TransactItems=[put])
    error = refused(client.transact_write_items, TransactItems=[put])
    assert error.response["Error"]["Code"] == "ThrottlingException"
