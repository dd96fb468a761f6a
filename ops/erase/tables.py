"""DynamoDB for erasures: scans by page, and deletions in batches."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from ops.errors import OpsError

_BATCH = 25  # BatchWriteItem's limit
_KEYS = 100  # BatchGetItem's limit
_PAUSES = (0.0, 0.1, 0.4, 1.6, 6.4)

Item = Mapping[str, Any]


def scan(dynamodb: Any, table: str, *attributes: str) -> Iterator[list[Item]]:
    """The pages of a table, with these attributes of each item (names may be DynamoDB's reserved words)."""
    names = {f"#{number}": name for number, name in enumerate(attributes)}
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table, ProjectionExpression=", ".join(names), ExpressionAttributeNames=names, ConsistentRead=True
    )
    for page in pages:
        yield page["Items"]


def get(dynamodb: Any, table: str, keys: Iterable[Item]) -> Iterator[Item]:
    """The items with these keys that exist."""
    waiting = iter(keys)
    while batch := list(islice(waiting, _KEYS)):
        request: dict[str, Any] = {table: {"Keys": batch, "ConsistentRead": True}}
        for pause in _PAUSES:
            time.sleep(pause)
            answer = dynamodb.batch_get_item(RequestItems=request)
            yield from answer["Responses"].get(table, [])
            request = answer.get("UnprocessedKeys", {})
            if not request:
                break
        else:
            raise OpsError(f"The table {table} is too busy to be read: run the same command again")


def delete(dynamodb: Any, table: str, keys: Iterable[Item]) -> Iterator[int]:
    """Delete the items with these keys. Yields how many each batch deleted."""
    waiting = iter(keys)
    while batch := list(islice(waiting, _BATCH)):
        request: dict[str, Any] = {table: [{"DeleteRequest": {"Key": key}} for key in batch]}
        for pause in _PAUSES:
            time.sleep(pause)
            request = dynamodb.batch_write_item(RequestItems=request).get("UnprocessedItems", {})
            if not request:
                break
        else:
            raise OpsError(f"The table {table} is too busy to be written: run the same command again")
        yield len(batch)
