"""Notes that a request found the model asleep, and says when to ask again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contracts.serving import wakes
from lambda_src.common import aws, dynamodb
from lambda_src.common.aws import error_code


def make_client() -> Any:
    """A DynamoDB client that gives up before a caller would notice: without an answer the default holds."""
    return aws.client("dynamodb", connect_timeout=0.3, read_timeout=0.5, attempts=1)


class Wakes:
    """The item of the wakes in `table`, the request log's. now: seconds since 1970."""

    def __init__(self, client: Any, *, table: str, logger: Any, now: Callable[[], float] = time.time) -> None:
        self._dynamodb = client
        self._table = table
        self._logger = logger
        self._now = now

    def retry_after(self) -> int:
        """Seconds after which the model will be awake, as the last wakes here took. Never raises."""
        now = self._now()
        try:
            item = self._noted(now)
        except (BotoCoreError, ClientError):
            self._logger.warning("the last wakes cannot be read", exc_info=True)
            return wakes.DEFAULT_SECONDS
        return wakes.retry_after(item.get(wakes.WAKES, []), waited=now - float(item.get(wakes.ASLEEP_AT, now)))

    def _noted(self, now: float) -> dict[str, Any]:
        """The item, with when the model was first asked in this sleep."""
        item = self._update("SET #at = if_not_exists(#at, :now)", {":now": now})
        began = float(item[wakes.ASLEEP_AT])
        if now - began <= wakes.LONGEST_SECONDS:
            return item
        # Of a sleep before this one: its end was not seen.
        try:
            return self._update("SET #at = :now", {":now": now, ":began": item[wakes.ASLEEP_AT]}, when="#at = :began")
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return {**item, wakes.ASLEEP_AT: now}

    def _update(self, expression: str, values: dict[str, Any], *, when: str = "") -> dict[str, Any]:
        condition = {"ConditionExpression": when} if when else {}
        answer = self._dynamodb.update_item(
            TableName=self._table,
            Key=dynamodb.item({"request_id": wakes.ITEM_ID, "position": wakes.POSITION}),
            UpdateExpression=expression,
            ExpressionAttributeNames={"#at": wakes.ASLEEP_AT},
            ExpressionAttributeValues=dynamodb.item(values),
            ReturnValues="ALL_NEW",
            **condition,
        )
        return dynamodb.plain(answer["Attributes"])
