"""DynamoDB's own limits: keys, items, numbers, expressions, batches and transactions beyond them are refused.

MiniStack looks at few of them.
"""

import json
from collections.abc import Callable
from typing import Any

from local_aws.server import seams
from local_aws.server.dynamodb_limits import requests

_MODULE = "ministack.services.dynamodb"
_TABLES = seams.declare(_MODULE, "_tables", "know the keys of tables")
_CALLS = {
    operation: seams.declare(_MODULE, name, "refuse what DynamoDB's limits refuse", takes=("data",))
    for operation, name in {
        "PutItem": "_put_item",
        "GetItem": "_get_item",
        "DeleteItem": "_delete_item",
        "UpdateItem": "_update_item",
        "Query": "_query",
        "Scan": "_scan",
        "BatchWriteItem": "_batch_write_item",
        "BatchGetItem": "_batch_get_item",
        "TransactWriteItems": "_transact_write_items",
        "TransactGetItems": "_transact_get_items",
    }.items()
}

Answer = tuple[int, dict[str, str], bytes]
Call = Callable[[dict[str, Any]], Answer]


def install() -> None:
    """Wrap each call that reads or writes items."""
    for operation, seam in _CALLS.items():
        seam.set(_held(operation, seam.get()))


def _held(operation: str, call: Call) -> Call:
    def held(data: dict[str, Any]) -> Answer:
        message = requests.refusal(operation, data, keys_of=_keys_of)
        return _refused(message) if message else call(data)

    return held


def _keys_of(name: str) -> list[tuple[str, str]]:
    table = _TABLES.get().get(name.rsplit("/", 1)[-1])
    if table is None:
        return []
    indexes = table.get("GlobalSecondaryIndexes") or []
    return [_pair(table["KeySchema"]), *(_pair(index["KeySchema"]) for index in indexes)]


def _pair(schema: list[dict[str, str]]) -> tuple[str, str]:
    kinds = {part["KeyType"]: part["AttributeName"] for part in schema}
    return kinds["HASH"], kinds.get("RANGE", "")


def _refused(message: str) -> Answer:
    document = {"__type": "com.amazon.coral.validate#ValidationException", "message": message}
    return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(document).encode()
