"""Throttle what exceeds the maximum throughput that somebody set for an on-demand table or one of its indexes.

DynamoDB developer guide, "DynamoDB maximum throughput for on-demand tables", and "On-demand maximum throughput
exceeded" for the error and its reasons. A unit is counted for each item, whatever its size, and for each page of a
query or scan; two in a transaction.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local_aws import private_api
from local_aws.patches.cloudwatch import metrics
from local_aws.patches.dynamodb.limits import CALLS, TABLES, Answer, Call
from local_aws.patches.dynamodb.maximum import Limit, Limits

_UPDATE = private_api.declare(
    "ministack.services.dynamodb", "_update_table", "keep the maximum throughput of indexes", takes=("data",)
)
_READ, _WRITE = "Read", "Write"
_SINGLE = {
    "GetItem": (_READ, 1),
    "Query": (_READ, 1),
    "Scan": (_READ, 1),
    "PutItem": (_WRITE, 1),
    "UpdateItem": (_WRITE, 1),
    "DeleteItem": (_WRITE, 1),
}
_BATCHES = {"BatchGetItem": (_READ, "UnprocessedKeys"), "BatchWriteItem": (_WRITE, "UnprocessedItems")}
_TRANSACTIONS = {"TransactGetItems": _READ, "TransactWriteItems": _WRITE}
_MESSAGE = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"

_limits = Limits()


def install() -> None:
    """Wrap each call that reads or writes items, and the one that sets the maximum of an index."""
    for operation, name in CALLS.items():
        name.set(_throttled(operation, name.get()))
    _UPDATE.set(_keeping(_UPDATE.get()))


def _throttled(operation: str, call: Call) -> Call:
    if operation in _BATCHES:
        return _batch(operation, call)

    def throttled(data: dict[str, Any]) -> Answer:
        reached = [
            limit for table, kind, units, item in _uses(operation, data) for limit in _taken(table, kind, units, item)
        ]
        return _refusal(operation, reached) if reached else call(data)

    return throttled


def _batch(operation: str, call: Call) -> Call:
    """A batch leaves the items of throttled tables unprocessed; if no other items are left, it is refused."""
    kind, unprocessed = _BATCHES[operation]

    def throttled(data: dict[str, Any]) -> Answer:
        asked = data.get("RequestItems")
        if not isinstance(asked, dict):
            return call(data)
        left: dict[str, Any] = {}
        reached: list[Limit] = []
        for name, requests in asked.items():
            keys = requests.get("Keys", []) if isinstance(requests, dict) else requests
            items = [each.get("PutRequest", {}).get("Item") for each in keys] if kind == _WRITE else []
            found = list(_taken(_table(name), kind, len(keys), *items))
            if found:
                left[name], reached = requests, [*reached, *found]
        if not reached:
            return call(data)
        rest = {name: requests for name, requests in asked.items() if name not in left}
        if not rest:
            return _refusal(operation, reached)
        _count(operation, reached)
        status, headers, body = call({**data, "RequestItems": rest})
        if status != 200:
            return status, headers, body
        document = json.loads(body)
        document[unprocessed] = {**document.get(unprocessed, {}), **left}
        return status, headers, json.dumps(document).encode()

    return throttled


def _uses(operation: str, data: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any] | None, str, int, Any]]:
    """(table, Read or Write, units, the item that is put or None) of a call."""
    if operation in _SINGLE:
        yield _table(data.get("TableName")), *_SINGLE[operation], data.get("Item")
        return
    for action in data.get("TransactItems") or []:
        for parts in action.values():
            yield _table(parts.get("TableName")), _TRANSACTIONS[operation], 2, parts.get("Item")


def _table(name: Any) -> dict[str, Any] | None:
    found: dict[str, Any] | None = TABLES.get().get(str(name).rsplit("/", 1)[-1])
    return found


def _taken(table: dict[str, Any] | None, kind: str, units: int, *items: Any) -> Iterator[Limit]:
    """Take units of a table and of the indexes that put items go to; yield the limits that are reached."""
    if table is None:
        return
    indexes = [
        index
        for index in table.get("GlobalSecondaryIndexes") or []
        if kind == _WRITE and any(item and index["KeySchema"][0]["AttributeName"] in item for item in items)
    ]
    for owner in (table, *indexes):
        most = int((owner.get("OnDemandThroughput") or {}).get(f"Max{kind}RequestUnits", -1))
        limit = Limit(
            arn=str(owner.get("IndexArn") or table["TableArn"]),
            table=table["TableName"],
            index=owner.get("IndexName", ""),
            kind=kind,
        )
        if most > 0 and not _limits.take(limit, units, most=most):
            yield limit


def _refusal(operation: str, reached: list[Limit]) -> Answer:
    _count(operation, reached)
    reasons = [
        {
            "reason": f"{'Index' if limit.index else 'Table'}{limit.kind}MaxOnDemandThroughputExceeded",
            "resource": limit.arn,
        }
        for limit in reached
    ]
    document = {
        "__type": "com.amazon.coral.availability#ThrottlingException",
        "message": _MESSAGE,
        "throttlingReasons": reasons,
    }
    return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(document).encode()


def _count(operation: str, reached: list[Limit]) -> None:
    """ "DynamoDB metrics and dimensions": a table's own events do not include its indexes'."""
    for limit in reached:
        of_index = {"GlobalSecondaryIndexName": limit.index} if limit.index else {}
        dimensions = {"TableName": limit.table, **of_index}
        metrics.record("AWS/DynamoDB", f"{limit.kind}ThrottleEvents", 1, "Count", dimensions)
    for table in {limit.table for limit in reached}:
        metrics.record("AWS/DynamoDB", "ThrottledRequests", 1, "Count", {"TableName": table, "Operation": operation})


def _keeping(update: Call) -> Callable[[dict[str, Any]], Answer]:
    """UpdateTable, which in MiniStack forgets the maximum of an index."""

    def kept(data: dict[str, Any]) -> Answer:
        status, headers, body = update(data)
        table = _table(data.get("TableName"))
        if status != 200 or table is None:
            return status, headers, body
        wanted = {
            each["Update"]["IndexName"]: each["Update"]["OnDemandThroughput"]
            for each in data.get("GlobalSecondaryIndexUpdates") or []
            if "OnDemandThroughput" in each.get("Update", {})
        }
        for index in table.get("GlobalSecondaryIndexes") or []:
            if index["IndexName"] in wanted:
                index["OnDemandThroughput"] = dict(wanted[index["IndexName"]])
        return status, headers, body

    return kept
