"""The request log's index by day, read in the order of places (contracts/logs/request_log.py describes it)."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from operator import itemgetter
from typing import Any, cast

from contracts.logs import request_log
from contracts.logs.request_log import Item
from lambda_src.common import dynamodb

# The fewest items that one query asks for.
_FEWEST = 50


class LoggedDays:
    """The table called `table`, whose index has at least `shards` shards. Raises botocore's errors.

    held: how many of the index's items all shards together hold in memory.
    """

    def __init__(self, client: Any, *, table: str, shards: int, held: int) -> None:
        self._dynamodb = client
        self._table = table
        self._shards = shards
        self._held = held

    def shards(self) -> int:
        """How many shards to read: the highest number that was written to while any of the kept texts was logged."""
        answer = self._dynamodb.query(
            TableName=self._table,
            KeyConditionExpression="request_id = :id",
            ExpressionAttributeValues={":id": {"S": request_log.SHARDS_ID}},
            ConsistentRead=True,
        )
        return max(self._shards, *(int(item["position"]["N"]) for item in answer["Items"]), 1)

    def day(self, day: str, shards: int, *, after: str, until: str, forward: bool = True) -> Iterator[Item]:
        """The index's items of a day after a place or time and before a time, without those that came late.

        forward: the oldest first; else the newest.
        """
        most = max(_FEWEST, self._held // shards)
        read = [
            self.partition(request_log.partition(day, shard), after=after, until=until, most=most, forward=forward)
            for shard in range(shards)
        ]
        merged = heapq.merge(*read, key=itemgetter("place"), reverse=not forward)
        return (item for item in merged if not request_log.is_late(item["place"]))

    def partition(self, partition: str, *, after: str, until: str, most: int, forward: bool = True) -> Iterator[Item]:
        """A partition's items between both places; the second is never a text's own. most: items of one query."""
        if until <= after:  # DynamoDB refuses bounds in this order
            return
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": request_log.BY_DAY,
            "KeyConditionExpression": f"{request_log.DAY_SHARD} = :partition AND {request_log.PLACE} BETWEEN :a AND :u",
            "ExpressionAttributeValues": dynamodb.item({":partition": partition, ":a": after, ":u": until}),
            "ScanIndexForward": forward,
            "Limit": most,
        }
        while True:
            answer = self._dynamodb.query(**query)
            for stored in answer["Items"]:
                item = cast(Item, dynamodb.plain(stored))
                if item["place"] > after:
                    yield item
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
