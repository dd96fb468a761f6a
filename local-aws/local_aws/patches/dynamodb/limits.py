"""Enforce DynamoDB's own limits on keys, items, numbers, expressions, batches and transactions.

MiniStack checks few of them. PartiQL is refused entirely, because its statements would bypass the checks.
"""

import json
from collections.abc import Callable
from typing import Any

from local_aws import private_api
from local_aws.dynamodb_limits import requests

_MODULE = "ministack.services.dynamodb"
TABLES = private_api.declare(_MODULE, "_tables", "know the keys of tables")
CALLS = {
    operation: private_api.declare(_MODULE, name, "refuse what DynamoDB's limits refuse", takes=("data",))
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

_PARTIQL = {
    operation: private_api.declare(_MODULE, name, "refuse PartiQL, which no limit is looked at for", takes=("data",))
    for operation, name in {
        "ExecuteStatement": "_execute_statement",
        "BatchExecuteStatement": "_batch_execute_statement",
        "ExecuteTransaction": "_execute_transaction",
    }.items()
}

# MiniStack's check of an item before it writes it, and of an item that an update in a transaction would create.
_OF_RESULT = private_api.declare(
    _MODULE, "_index_key_type_reason", "refuse an update whose item DynamoDB's limits refuse", takes=("table", "item")
)

Answer = tuple[int, dict[str, str], bytes]
Call = Callable[[dict[str, Any]], Answer]


def install() -> None:
    """Wrap each call that reads or writes items, and the check of an updated item; refuse PartiQL."""
    for operation, name in CALLS.items():
        name.set(_held(operation, name.get()))
    for operation, name in _PARTIQL.items():
        name.set(_not_run(operation))
    _OF_RESULT.set(_of_result(_OF_RESULT.get()))


def _held(operation: str, call: Call) -> Call:
    def held(data: dict[str, Any]) -> Answer:
        message = requests.refusal(operation, data, keys_of=_keys_of)
        return _refused(message) if message else call(data)

    return held


def _not_run(operation: str) -> Call:
    def refused(_: dict[str, Any]) -> Answer:
        return _refused(f"The local AWS runs no PartiQL ({operation}): use DynamoDB's other operations on items.")

    return refused


def _of_result(
    asked: Callable[[dict[str, Any], dict[str, Any]], str | None],
) -> Callable[[dict[str, Any], dict[str, Any]], str | None]:
    def held(table: dict[str, Any], item: dict[str, Any]) -> str | None:
        return asked(table, item) or requests.refusal_of_result(item, _keys(table)) or None

    return held


def _keys_of(name: str) -> list[tuple[str, str]]:
    table = TABLES.get().get(name.rsplit("/", 1)[-1])
    return [] if table is None else _keys(table)


def _keys(table: dict[str, Any]) -> list[tuple[str, str]]:
    indexes = table.get("GlobalSecondaryIndexes") or []
    return [_pair(table["KeySchema"]), *(_pair(index["KeySchema"]) for index in indexes)]


def _pair(schema: list[dict[str, str]]) -> tuple[str, str]:
    kinds = {part["KeyType"]: part["AttributeName"] for part in schema}
    return kinds["HASH"], kinds.get("RANGE", "")


def _refused(message: str) -> Answer:
    document = {"__type": "com.amazon.coral.validate#ValidationException", "message": message}
    return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(document).encode()
