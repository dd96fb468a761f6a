"""Find why DynamoDB would reject a request, or the item it would create, with a ValidationException. No I/O.

Sources: "Constraints in Amazon DynamoDB" in its developer guide (keys, items, transactions) and the pages of the calls
in its API reference (batches). Not covered: DynamoDB answers a BatchGetItem of over 16 MB in part (MiniStack answers it
completely).
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local_aws.dynamodb_limits import expressions, sizes

HASH_BYTES, RANGE_BYTES = 2048, 1024
BATCH_WRITES, BATCH_KEYS, TRANSACTION_ACTIONS = 25, 100, 100
BATCH_BYTES, TRANSACTION_BYTES = 16 * 1024 * 1024, 4 * 1024 * 1024

Request = Mapping[str, Any]
Item = dict[str, Any]
# (partition key, sort key or "") of a table, then of its indexes; [] for an unknown table.
KeysOf = Callable[[str], list[tuple[str, str]]]


def refusal(operation: str, request: Request, *, keys_of: KeysOf) -> str:
    """Return the ValidationException message, or "". keys_of: a table's keys by its name, its own keys first."""
    return next(_faults(operation, request, keys_of), "")


def refusal_of_result(item: Item, keys: list[tuple[str, str]]) -> str:
    """Return why DynamoDB refuses an update (alone or in a transaction) that results in this item, or "".

    keys: the table's, its own first. In a transaction, this is the cancellation reason.
    """
    return next(_results(item, keys), "")


def _results(item: Item, keys: list[tuple[str, str]]) -> Iterator[str]:
    if sizes.of_item(item) > sizes.ITEM_BYTES:
        yield "Item size to update has exceeded the maximum allowed size"
    for name, value in item.items():
        yield from sizes.of_name(name)
        yield from sizes.faults(value)
    for names in keys[1:]:
        yield from _of_key(item, names, where=" index key")


def _faults(operation: str, request: Request, keys_of: KeysOf) -> Iterator[str]:
    table = str(request.get("TableName", "")).rsplit("/", 1)[-1]
    if operation == "PutItem":
        yield from _put(request.get("Item", {}), keys_of(table))
    elif operation in ("GetItem", "DeleteItem", "UpdateItem"):
        yield from _key(request.get("Key", {}), keys_of(table))
        yield from _set(request)
    elif operation == "BatchWriteItem":
        yield from _batch_write(request.get("RequestItems", {}), keys_of)
    elif operation == "BatchGetItem":
        yield from _batch_get(request.get("RequestItems", {}), keys_of)
    elif operation in ("TransactWriteItems", "TransactGetItems"):
        yield from _transaction(request.get("TransactItems", []), keys_of)
    elif operation == "Query":
        yield from _query(request)
    yield from expressions.faults(request)


def _put(item: Item, keys: list[tuple[str, str]]) -> Iterator[str]:
    for name, value in item.items():
        yield from sizes.of_name(name)
        yield from sizes.faults(value)
    if sizes.of_item(item) > sizes.ITEM_BYTES:
        yield "Item size has exceeded the maximum allowed size"
    for number, names in enumerate(keys):
        yield from _of_key(item, names, where="" if number == 0 else " index key")


def _key(key: Item, keys: list[tuple[str, str]]) -> Iterator[str]:
    for value in key.values():
        yield from sizes.faults(value)
    yield from _of_key(key, keys[0] if keys else ("", ""), where="")


def _set(request: Request) -> Iterator[str]:
    """Reject update values that are larger than an item, even if unused; the resulting item is checked later."""
    if _brought(request) + sizes.of_item(request.get("Key", {})) > sizes.ITEM_BYTES:
        yield "Item size to update has exceeded the maximum allowed size"


def _brought(request: Request) -> int:
    """Return the size of the values that an update expression refers to."""
    change = str(request.get("UpdateExpression") or "")
    values: dict[str, Any] = request.get("ExpressionAttributeValues") or {}
    return sum(sizes.of_value(value) for name, value in values.items() if name in change)


def _of_key(item: Item, names: tuple[str, str], *, where: str) -> Iterator[str]:
    for name, most, kind in zip(names, (HASH_BYTES, RANGE_BYTES), ("hashkey", "rangekey"), strict=True):
        value = item.get(name)
        if not isinstance(value, dict) or not set(value) & {"S", "B"}:
            continue
        size = sizes.of_value(value)
        if size == 0:
            yield (
                f"One or more parameter values are not valid. The{where} AttributeValue for a key attribute cannot "
                f"contain an empty string value. Key: {name}"
            )
        if size > most:
            yield (
                f"One or more parameter values were invalid: Size of {kind} has exceeded the maximum size limit of"
                f"{most} bytes"
            )


def _batch_write(tables: dict[str, Any], keys_of: KeysOf) -> Iterator[str]:
    if not 1 <= sum(len(requests) for requests in tables.values()) <= BATCH_WRITES:
        yield "Too many items requested for the BatchWriteItem call"
    # "Up to 16 MB of data over the network", where an escaped character takes up to six times its bytes.
    if len(json.dumps(tables, default=_as_sent)) > BATCH_BYTES:
        yield "The BatchWriteItem request has exceeded 16 MB"
    for table, requests in tables.items():
        for one in requests:
            if "PutRequest" in one:
                yield from _put(one["PutRequest"]["Item"], keys_of(table))
            else:
                yield from _key(one["DeleteRequest"]["Key"], keys_of(table))


def _batch_get(tables: dict[str, Any], keys_of: KeysOf) -> Iterator[str]:
    if not 1 <= sum(len(asked.get("Keys", [])) for asked in tables.values()) <= BATCH_KEYS:
        yield "Too many items requested for the BatchGetItem call"
    for table, asked in tables.items():
        for key in asked.get("Keys", []):
            yield from _key(key, keys_of(table))
        yield from expressions.faults(asked)


def _transaction(actions: list[dict[str, Any]], keys_of: KeysOf) -> Iterator[str]:
    if not 1 <= len(actions) <= TRANSACTION_ACTIONS:
        yield f"Member must have length less than or equal to {TRANSACTION_ACTIONS}"
    total = 0
    for action in actions:
        ((kind, asked),) = action.items()
        keys = keys_of(str(asked["TableName"]))
        if kind == "Put":
            total += sizes.of_item(asked["Item"])
            yield from _put(asked["Item"], keys)
        else:
            total += sizes.of_item(asked["Key"]) + _brought(asked)
            yield from _key(asked["Key"], keys)
        yield from expressions.faults(asked)
    if total > TRANSACTION_BYTES:
        yield "Transaction request cannot exceed 4 MB"


def _query(request: Request) -> Iterator[str]:
    """Check a key condition's values as keys: not empty, and no longer than a partition key may be."""
    condition = str(request.get("KeyConditionExpression", ""))
    for name, value in (request.get("ExpressionAttributeValues") or {}).items():
        if name in condition and set(value) & {"S", "B"}:
            if sizes.of_value(value) == 0:
                yield (
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
                    "contain an empty string value."
                )
            if sizes.of_value(value) > HASH_BYTES:
                yield (
                    f"One or more parameter values were invalid: Aggregated size of all range keys has exceeded the "
                    f"size limit of {HASH_BYTES} bytes"
                )


def _as_sent(value: object) -> str:
    """Encode binary values, which a client holds as bytes and sends in base64."""
    return base64.b64encode(bytes(value)).decode() if isinstance(value, bytes | bytearray) else str(value)
