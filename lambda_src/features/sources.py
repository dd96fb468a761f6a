"""What features are computed from: the request log and the ledger of labels, each in the order of its places."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from operator import itemgetter
from typing import Any, cast

from contracts.datasets import ledger
from contracts.datasets.ledger import Event
from contracts.logs import request_log
from contracts.logs.request_log import Item
from lambda_src.common import aws, dynamodb
from lambda_src.common.logged_days import LoggedDays
from lambda_src.common.logged_texts import LoggedTexts

_HELD = 10_000  # items of the index in memory
_PAGE = 1_000


def make_client() -> Any:
    """A DynamoDB client; a run that fails is repeated from where it was."""
    return aws.client("dynamodb", connect_timeout=2.0, read_timeout=10.0, attempts=5)


class Log:
    """The request log. Raises botocore's errors, and Problem while the table is busy."""

    def __init__(self, client: Any, *, table: str, shards: int, logger: Any) -> None:
        self._days = LoggedDays(client, table=table, shards=shards, held=_HELD)
        self._whole = LoggedTexts(client, table=table, logger=logger)

    def texts(self, *, after: str, until: str) -> Iterator[Item]:
        """The texts after a place or time and before a time, as the index has them, without those that came late."""
        shards = self._days.shards()
        for day in days(after, until):
            yield from self._days.day(day, shards, after=after, until=until)

    def late(self, *, after: str, until: str) -> Iterator[Item]:
        """The items that say which texts came late, in the order in which they came."""
        for day in days(after, until):
            yield from self._days.partition(request_log.late_partition(day), after=after, until=until, most=_PAGE)

    def whole(self, keys: Sequence[tuple[str, int]]) -> list[Item]:
        """The texts that the table has of these."""
        return self._whole.texts(keys)


class Ledger:
    """The ledger's table. Raises botocore's errors."""

    def __init__(self, client: Any, *, table: str) -> None:
        self._dynamodb, self._table = client, table

    def events(self, *, after: str, until: str) -> Iterator[Event]:
        """The events after a place or time and before a time, as the index has them."""
        for day in days(after, until):
            shards = [
                self._shard(ledger.partition(day, shard), after=after, until=until) for shard in range(ledger.SHARDS)
            ]
            yield from heapq.merge(*shards, key=itemgetter("place"))

    def row(self, row_id: str) -> list[Event]:
        """All events of a row. An expired one counts no more, though DynamoDB deletes it later."""
        items = self._query(
            KeyConditionExpression="row_id = :row",
            ExpressionAttributeValues=dynamodb.item({":row": row_id}),
            ConsistentRead=True,
        )
        now = time.time()
        return [item for item in items if item.get("expires_at", now + 1) > now]

    def _shard(self, partition: str, *, after: str, until: str) -> Iterator[Event]:
        if until <= after:  # DynamoDB refuses bounds in this order
            return
        items = self._query(
            IndexName=ledger.BY_DAY,
            KeyConditionExpression="#shard = :shard AND #place BETWEEN :after AND :until",
            ExpressionAttributeNames={"#shard": ledger.DAY_SHARD, "#place": ledger.PLACE},
            ExpressionAttributeValues=dynamodb.item({":shard": partition, ":after": after, ":until": until}),
        )
        yield from (item for item in items if item["place"] > after)

    def _query(self, **query: Any) -> Iterator[Event]:
        while True:
            answer = self._dynamodb.query(TableName=self._table, **query)
            yield from (cast(Event, dynamodb.plain(item)) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def days(after: str, until: str) -> Iterator[str]:
    """The days (UTC) from one place or time to another, both included."""
    day, last = date.fromisoformat(after[:10]), date.fromisoformat(until[:10])
    while day <= last:
        yield day.isoformat()
        day += timedelta(days=1)
