"""The request log's table: one item for each text of a request.

Indexes: `by_key` (key_id, time) for one caller's texts, `by_day` (day, time) for everybody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common import aws, dynamodb, storage

BY_KEY, BY_DAY = "by_key", "by_day"

Item = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A stretch of an index, newest first: `partition` from `since` on, after the item whose keys are `after`."""

    index: str
    partition: str
    since: str
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which texts to leave in: those of a label, those of which the model was at most so sure."""

    label: str | None = None
    max_confidence: float | None = None


@dataclass(frozen=True, kw_only=True)
class Read:
    """What one query found; `last` are the keys of the last item it looked at, None at the end of the slice."""

    items: list[Item] = field(default_factory=list)
    last: Item | None = None


class RequestLog:
    """The table called `table`. Raises Problem 503 when DynamoDB does not answer."""

    def __init__(self, dynamodb: Any, *, table: str, logger: Any) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._logger = logger

    def request(self, request_id: str) -> list[Item]:
        """The texts of a request in their order; [] when there is no such request."""
        with storage.failures(self._logger, doing="read a request"):
            answer = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="request_id = :id",
                ExpressionAttributeValues={":id": {"S": request_id}},
                ConsistentRead=True,
            )
        return [dynamodb.plain(item) for item in answer["Items"]]

    def text(self, request_id: str, position: int) -> Item | None:
        """One text of a request."""
        with storage.failures(self._logger, doing="read a text"):
            key = dynamodb.item({"request_id": request_id, "position": position})
            answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return dynamodb.plain(answer["Item"]) if "Item" in answer else None

    def add_feedback(self, item: Item, *, label: str, time: str) -> Item | None:
        """Stores the right label with the text of which `item` was read, and returns the text as it is then.

        None when the text has been given another label or has gone since it was read.
        """
        before = item.get("feedback_label")
        changes = {":label": label, ":time": time, ":replaced": before, ":key": item["key_id"]}
        unchanged = "attribute_not_exists(feedback_label)" if before is None else "feedback_label = :replaced"
        try:
            with storage.failures(self._logger, doing="store feedback"):
                answer = self._dynamodb.update_item(
                    TableName=self._table,
                    Key=dynamodb.item({"request_id": item["request_id"], "position": item["position"]}),
                    UpdateExpression=(
                        "SET feedback_label = :label, feedback_time = :time, feedback_replaced = :replaced"
                    ),
                    ConditionExpression=f"key_id = :key AND {unchanged}",
                    ExpressionAttributeValues=dynamodb.item(changes),
                    ReturnValues="ALL_NEW",
                )
        except ClientError as error:
            if aws.error_code(error) == storage.CONDITION_FAILED:
                return None
            raise
        return dynamodb.plain(answer["Attributes"])

    def read(self, where: Slice, *, most: int, only: Filter | None = None) -> Read:
        """At most `most` texts are looked at (1 MB at most); those that `only` leaves in are returned."""
        chosen = only or Filter()
        names, values = {"#time": "time"}, {":partition": where.partition, ":since": where.since}
        conditions = []
        if chosen.label is not None:
            names["#label"] = "label"
            values[":label"] = chosen.label
            conditions.append("#label = :label")
        if chosen.max_confidence is not None:
            values[":confidence"] = chosen.max_confidence  # type: ignore[assignment]
            conditions.append("confidence <= :confidence")
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": where.index,
            "KeyConditionExpression": f"{_PARTITIONS[where.index]} = :partition AND #time >= :since",
            "ExpressionAttributeNames": {**names, **_NAMES[where.index]},
            "ExpressionAttributeValues": dynamodb.item(values),
            "ScanIndexForward": False,
            "Limit": most,
        }
        if conditions:
            query["FilterExpression"] = " AND ".join(conditions)
        if where.after is not None:
            query["ExclusiveStartKey"] = dynamodb.item(dict(where.after))
        with storage.failures(self._logger, doing="read the log"):
            answer = self._dynamodb.query(**query)
        last = answer.get("LastEvaluatedKey")
        return Read(
            items=[dynamodb.plain(item) for item in answer["Items"]], last=dynamodb.plain(last) if last else None
        )


_PARTITIONS = {BY_KEY: "key_id", BY_DAY: "#day"}
_NAMES: dict[str, dict[str, str]] = {BY_KEY: {}, BY_DAY: {"#day": "day"}}


def index_keys(item: Item, *, index: str) -> Item:
    """The keys under which an item stands in the table and in one of its indexes."""
    partition = "key_id" if index == BY_KEY else "day"
    return {name: item[name] for name in ("request_id", "position", "time", partition)}
