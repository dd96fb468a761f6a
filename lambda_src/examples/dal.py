"""The table of labelled texts, one item for each text of each caller."""

from __future__ import annotations

from typing import Any

from contracts.datasets.ledger import Event
from lambda_src.common import dynamodb, ledger, storage


class Examples:
    """The tables called `table` and `ledger_table`. Raises Problem 503 when DynamoDB does not answer."""

    def __init__(self, dynamodb: Any, *, table: str, ledger_table: str, logger: Any) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._ledger = ledger_table
        self._logger = logger

    def add(self, item: dict[str, Any], *, event: Event | None, now: int) -> dict[str, Any] | None:
        """Stores an item with its event and returns None, or returns the stored item if the id is taken.

        event: for the ledger; None if the text was erased. now: seconds since 1970. An expired item does not hold its
        id: DynamoDB may delete it days later ("ttl-expired-items" in its guide).
        """
        put = {
            "TableName": self._table,
            "Item": dynamodb.item(item),
            "ConditionExpression": "attribute_not_exists(example_id) OR expires_at <= :now",
            "ExpressionAttributeValues": {":now": {"N": str(now)}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        appended = [ledger.put_of(event, table=self._ledger)] if event else []
        with storage.failures(self._logger, doing="store an example"):
            return ledger.transact(self._dynamodb, [{"Put": put}, *appended])
