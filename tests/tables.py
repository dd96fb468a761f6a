"""DynamoDB tables for tests."""

from __future__ import annotations

from typing import Any


def make_table(dynamodb: Any, name: str, **keys: str) -> None:
    """A table by its keys: the partition key's name and type (S or N), then the sort key's, if it has one."""
    kinds = ("HASH", "RANGE")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": type_} for key, type_ in keys.items()],
        BillingMode="PAY_PER_REQUEST",
    )
