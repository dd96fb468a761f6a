"""The ledger's table, read completely, and written by reviews and erasures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from botocore.exceptions import ClientError

from contracts.datasets import ledger
from contracts.datasets.ledger import Event
from ops.errors import code_of

Show = Callable[[int], None]


class LedgerTable:
    """The table called `name`."""

    def __init__(self, dynamodb: Any, *, name: str) -> None:
        self._dynamodb = dynamodb
        self._name = name

    def dump(self, path: Path, *, show: Show = lambda count: None) -> set[str]:
        """Write every event to a file of JSON lines; the keyed hashes of the tombstones. show: how many were read.

        An expired event counts no more, though DynamoDB deletes it days later ("ttl-expired-items" in its guide).
        """
        erased, count, now = set[str](), 0, time.time()
        with path.open("w", encoding="utf-8") as file:
            for event in self.events():
                count += 1
                if keyed := ledger.tombstone_of(event["row_id"]):
                    erased.add(keyed)
                elif event.get("expires_at", now + 1) > now:
                    file.write(json.dumps(event) + "\n")
                if count % 1000 == 0:
                    show(count)
        show(count)
        return erased

    def events(self) -> Iterator[Event]:
        """All items."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._name, ConsistentRead=True)
        for page in pages:
            yield from map(event_of, page["Items"])

    def of_row(self, row_id: str) -> list[Event]:
        """The events of one row."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression="#row = :row",
            ExpressionAttributeNames={"#row": ledger.PARTITION},
            ExpressionAttributeValues={":row": {"S": row_id}},
            ConsistentRead=True,
        )
        return [event_of(item) for page in pages for item in page["Items"]]

    def tombstones(self) -> set[str]:
        """The keyed hashes of the tombstones, from the index, which is a moment behind the table."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._name,
            IndexName=ledger.BY_DAY,
            KeyConditionExpression="#shard = :shard",
            ExpressionAttributeNames={"#shard": ledger.DAY_SHARD},
            ExpressionAttributeValues={":shard": {"S": ledger.TOMBSTONES}},
        )
        found = (ledger.tombstone_of(item["row_id"]["S"]) for page in pages for item in page["Items"])
        return set(filter(None, found))

    def add(self, event: Event) -> bool:
        """Add an event unless it is there; whether it was added."""
        item = {name: _attribute(value) for name, value in event.items()}
        try:
            self._dynamodb.put_item(
                TableName=self._name, Item=item, ConditionExpression=f"attribute_not_exists({ledger.PARTITION})"
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def put(self, event: Event) -> None:
        """Add an event, or write the same again."""
        self._dynamodb.put_item(TableName=self._name, Item={name: _attribute(value) for name, value in event.items()})


def event_of(item: dict[str, Any]) -> Event:
    """An item of the table (DynamoDB JSON) as an event."""
    return cast(Event, {name: _plain(value) for name, value in item.items()})


def _plain(value: dict[str, Any]) -> Any:
    ((kind, held),) = value.items()
    return int(held) if kind == "N" else held


def _attribute(value: object) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, int) else {"S": str(value)}
