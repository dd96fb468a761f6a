"""Rows of the ledger of labels that came in since a time."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from typing import Any, cast

from contracts.datasets import ledger
from contracts.datasets.ledger import Event
from lambda_src.common import dynamodb

MOST = 20_000  # rows, the newest
_CONCURRENCY = 8


class NewRows:
    """The ledger's table. Raises botocore's errors."""

    def __init__(self, client: Any, *, table: str) -> None:
        self._dynamodb = client
        self._table = table

    def since(self, time: str, *, today: date) -> dict[str, list[Event]]:
        """All events of each row that has one after the time (UTC), by row; of a very long ledger, the newest rows."""
        newest: dict[str, str] = {}
        day = today
        while day.isoformat() >= time[:10] and len(newest) < MOST:
            for row_id, at in self._of_day(day.isoformat(), after=time):
                newest[row_id] = max(newest.get(row_id, ""), at)
            day -= timedelta(days=1)
        wanted = sorted(newest, key=lambda row_id: (newest[row_id], row_id), reverse=True)[:MOST]
        with ThreadPoolExecutor(max_workers=_CONCURRENCY) as pool:
            return dict(zip(wanted, pool.map(self._row, wanted), strict=True))

    def erased(self) -> bool:
        """Whether a row was ever erased. The index is eventually consistent: an erasure of a moment ago may be missed,
        and then the run's first step refuses it.
        """
        answer = self._dynamodb.query(
            TableName=self._table,
            IndexName=ledger.BY_DAY,
            KeyConditionExpression="#shard = :shard",
            ExpressionAttributeNames={"#shard": ledger.DAY_SHARD},
            ExpressionAttributeValues=dynamodb.item({":shard": ledger.TOMBSTONES}),
            Limit=1,
        )
        return bool(answer["Items"])

    def _of_day(self, day: str, *, after: str) -> Iterable[tuple[str, str]]:
        """Rows with the times of their events."""
        with ThreadPoolExecutor(max_workers=ledger.SHARDS) as pool:
            for found in pool.map(partial(self._of_shard, day, after=after), range(ledger.SHARDS)):
                yield from found

    def _of_shard(self, day: str, shard: int, *, after: str) -> list[tuple[str, str]]:
        items = self._query(
            IndexName=ledger.BY_DAY,
            KeyConditionExpression="#shard = :shard AND #place > :after",
            ExpressionAttributeNames={"#shard": ledger.DAY_SHARD, "#place": ledger.PLACE},
            # `~` comes after the `#` that follows an event's time.
            ExpressionAttributeValues=dynamodb.item({":shard": ledger.partition(day, shard), ":after": f"{after}~"}),
        )
        return [(item["row_id"], item[ledger.PLACE].split("#", 1)[0]) for item in items]

    def _row(self, row_id: str) -> list[Event]:
        """A row's events. An expired one counts no more, though DynamoDB deletes it later ("ttl-expired-items")."""
        items = self._query(
            KeyConditionExpression="row_id = :row",
            ExpressionAttributeValues=dynamodb.item({":row": row_id}),
            ConsistentRead=True,
        )
        now = time.time()
        return [cast(Event, item) for item in items if item.get("expires_at", now + 1) > now]

    def _query(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            answer = self._dynamodb.query(TableName=self._table, **query)
            found += [dynamodb.plain(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
