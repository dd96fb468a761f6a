"""DynamoDB tables for tests."""

from __future__ import annotations

from typing import Any

from contracts.datasets import ledger


def make_table(dynamodb: Any, name: str, **keys: str) -> None:
    """A table by its keys: the partition key's name and type (S or N), then the sort key's, if it has one."""
    kinds = ("HASH", "RANGE")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": type_} for key, type_ in keys.items()],
        BillingMode="PAY_PER_REQUEST",
    )


def make_ledger(dynamodb: Any, name: str) -> None:
    """A ledger's table, with its index."""
    pairs = (ledger.KEY, (ledger.DAY_SHARD, ledger.PLACE))
    of_table, of_index = (
        [{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}]
        for first, second in pairs
    )
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(ledger.INCLUDED)}
    dynamodb.create_table(
        TableName=name,
        KeySchema=of_table,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for pair in pairs for key in pair],
        GlobalSecondaryIndexes=[{"IndexName": ledger.BY_DAY, "KeySchema": of_index, "Projection": projection}],
        BillingMode="PAY_PER_REQUEST",
    )
