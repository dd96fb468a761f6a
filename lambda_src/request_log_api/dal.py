"""The request log's table; `contracts.logs.request_log` describes its items and indexes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from contracts.datasets.ledger import Event
from contracts.logs import request_log
from contracts.logs.request_log import Item
from lambda_src.common import dynamodb, ledger, storage
from lambda_src.common.logged_texts import LoggedTexts, current
from lambda_src.request_log_api.slices import Slice

_CONCURRENCY = 8  # shards that are read at the same time


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which texts to return: those with a predicted label, with at most a confidence, uncertain ones or the others."""

    label: str | None = None
    max_confidence: float | None = None
    uncertain: bool | None = None

    def conditions(self, names: dict[str, str], values: dict[str, Any]) -> list[str]:
        """The conditions of a filter expression; adds their placeholders to `names` and `values`."""
        conditions = []
        if self.label is not None:
            names["#label"], values[":label"] = "label", self.label
            conditions.append("#label = :label")
        if self.max_confidence is not None:
            values[":confidence"] = self.max_confidence
            conditions.append("confidence <= :confidence")
        return conditions

    def of(self, items: list[Item]) -> list[Item]:
        """The items that `conditions` left and that are as uncertain as wanted.

        A filter expression cannot say that: it may not name the indexes' sort key, which says whether one is.
        """
        if self.uncertain is None:
            return items
        return [item for item in items if request_log.is_uncertain(item["place"]) is self.uncertain]


@dataclass(frozen=True, kw_only=True)
class Read:
    """The result of one query to a shard: items with the attributes that the index has.

    last: the last place that it read, None at the end of the shard; looked_at: how many texts it read.
    """

    items: list[Item] = field(default_factory=list)
    last: str | None = None
    looked_at: int = 0


class RequestLog:
    """The table called `table`; feedback is an event in `ledger_table` too. Raises Problem 503 when DynamoDB does not
    answer.

    Leaves out expired items, which DynamoDB may delete days later ("ttl-expired-items" in its guide).
    """

    def __init__(self, dynamodb: Any, *, table: str, ledger_table: str, shards: int, logger: Any) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._ledger = ledger_table
        self._shards = shards
        self._logger = logger
        self._whole = LoggedTexts(dynamodb, table=table, logger=logger)

    def request(self, request_id: str) -> list[Item]:
        """The texts of a request in their order; [] if the request is unknown."""
        return self._whole.with_labels(self._collection(request_id)) if request_log.is_request_id(request_id) else []

    def shards(self) -> int:
        """How many shards to query: the highest number that was written to while any of the kept texts was logged."""
        return max(self._shards, *(int(item["position"]) for item in self._collection(request_log.SHARDS_ID)), 0)

    def _collection(self, request_id: str) -> list[Item]:
        with storage.failures(self._logger, doing="read a request"):
            answer = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="request_id = :id",
                ExpressionAttributeValues={":id": {"S": request_id}},
                ConsistentRead=True,
            )
        return current(answer["Items"])

    def text(self, request_id: str, position: int) -> Item | None:
        """One text of a request."""
        if not request_log.is_request_id(request_id):
            return None
        with storage.failures(self._logger, doing="read a text"):
            key = dynamodb.item({"request_id": request_id, "position": position})
            answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        items = current([answer["Item"]]) if "Item" in answer else []
        return next(iter(self._whole.with_labels(items)), None)

    def add_feedback(self, item: Item, *, label: str, time: str, event: Event | None) -> Item | None:
        """Stores the label with the text that was read as `item`, and its event; returns the text as it is then.

        event: None if the text was erased. Returns None, and nothing is stored, if the text got another label or was
        deleted since it was read.
        """
        before = item.get("feedback_label")
        changes = {":label": label, ":time": time, ":replaced": before, ":key": item["key_id"]}
        unchanged = "attribute_not_exists(feedback_label)" if before is None else "feedback_label = :replaced"
        update = {
            "TableName": self._table,
            "Key": dynamodb.item({"request_id": item["request_id"], "position": item["position"]}),
            "UpdateExpression": "SET feedback_label = :label, feedback_time = :time, feedback_replaced = :replaced",
            "ConditionExpression": f"key_id = :key AND {unchanged}",
            "ExpressionAttributeValues": dynamodb.item(changes),
        }
        appended = [ledger.put_of(event, table=self._ledger)] if event else []
        with storage.failures(self._logger, doing="store feedback"):
            refused = ledger.transact(self._dynamodb, [{"Update": update}, *appended])
        if refused is not None:
            return None
        stored: Item = {**item, "feedback_label": label, "feedback_time": time}
        stored["feedback_replaced"] = before
        return stored

    def texts(self, index_items: Sequence[Item]) -> list[Item]:
        """The whole items for an index's items, in the same order, without those that were deleted since."""
        return self._whole.texts([(str(item["request_id"]), int(item["position"])) for item in index_items])

    def read(self, where: Slice, shards: Mapping[int, str | None], *, most: int, only: Filter) -> Mapping[int, Read]:
        """One query to each of `shards`; each value is the last place that was read there (None: nothing yet).

        Each query reads at most `most` texts (and 1 MB) and returns those that match the filter `only`.
        """
        query = partial(self._query, where, most=most, only=only)
        with ThreadPoolExecutor(max_workers=min(_CONCURRENCY, len(shards))) as pool:
            reads = list(pool.map(query, shards.keys(), shards.values()))
        return dict(zip(shards, reads, strict=True))

    def _query(self, where: Slice, shard: int, before: str | None, *, most: int, only: Filter) -> Read:
        names = {"#partition": request_log.PARTITIONS[where.index], "#place": request_log.PLACE}
        values: dict[str, Any] = {":partition": request_log.partition(where.whole, shard), ":since": where.since}
        of_time = "#place >= :since"
        if before is not None:
            values[":before"] = request_log.before(before)
            of_time = "#place BETWEEN :since AND :before"
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": where.index,
            "KeyConditionExpression": f"#partition = :partition AND {of_time}",
            "ScanIndexForward": False,
            "Limit": most,
        }
        conditions = only.conditions(names, values)
        if conditions:
            query["FilterExpression"] = " AND ".join(conditions)
        query |= {"ExpressionAttributeNames": names, "ExpressionAttributeValues": dynamodb.item(values)}
        with storage.failures(self._logger, doing="read the log"):
            answer = self._dynamodb.query(**query)
        last = answer.get("LastEvaluatedKey")
        return Read(
            items=only.of([_item(stored) for stored in answer["Items"]]),
            last=str(dynamodb.plain(last)[request_log.PLACE]) if last else None,
            looked_at=int(answer["ScannedCount"]),
        )


def _item(stored: dynamodb.Item) -> Item:
    return cast(Item, dynamodb.plain(stored))
