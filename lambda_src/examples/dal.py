"""The table of labelled texts: one item for each text, whoever sent it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common import aws, dynamodb, storage


class Examples:
    """The table called `table`. Raises Problem 503 when DynamoDB does not answer."""

    def __init__(self, dynamodb: Any, *, table: str, logger: Any) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._logger = logger

    def add(self, item: dict[str, Any]) -> dict[str, Any] | None:
        """Stores an item unless its text is there already; then returns what is there instead."""
        try:
            with storage.failures(self._logger, doing="store an example"):
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=dynamodb.item(item),
                    ConditionExpression="attribute_not_exists(example_id)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            if aws.error_code(error) == storage.CONDITION_FAILED:
                return dynamodb.plain(error.response.get("Item", {}))
            raise
        return None
