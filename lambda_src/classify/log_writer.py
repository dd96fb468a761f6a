"""Writes the request log: to DynamoDB, or to a dead-letter queue what DynamoDB does not accept.

A failed write never fails the request and never goes unnoticed (docs/decisions/0011-request-log-dead-letters.md).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from cachetools import LRUCache

from contracts.logs import log_messages, request_log
from lambda_src.common import aws, dynamodb
from lambda_src.common.dynamodb import Item

_BATCH = 25  # BatchWriteItem's limit
_WRITE_ROUNDS = 3
_PAUSES = (0.05, 0.1)
_MOST_LABELS = 50  # lists of labels whose day is remembered, one for each model
_MESSAGE_BYTES = 240_000  # under SQS's 256 KiB
# Faults of one message ("SendMessage" in SQS's API reference, and "Common errors" in it): the next may be accepted.
_OF_ONE_MESSAGE = {"InvalidMessageContents", "InvalidParameterValue"}


@dataclass(frozen=True)
class Written:
    """How many items the table did not accept (`failed`), and how many of those the queue did not either (`lost`)."""

    failed: int = 0
    lost: int = 0


def make_clients() -> tuple[Any, Any]:
    """(DynamoDB, SQS) clients whose waits fit behind the endpoint's in the API's 29 s."""
    waits = {"connect_timeout": 0.5, "read_timeout": 1.5, "attempts": 2}
    return aws.client("dynamodb", **waits), aws.client("sqs", **waits)


class LogWriter:
    """Writes to `table`, whose indexes have `shards` shards, or else to the queue at `dlq_url`."""

    def __init__(self, table_client: Any, sqs: Any, *, table: str, dlq_url: str, shards: int, logger: Any) -> None:
        self._dynamodb = table_client
        self._sqs = sqs
        self._table = table
        self._dlq_url = dlq_url
        self._shards = shards
        self._counted_on = ""
        self._labels_on: LRUCache[str, str] = LRUCache(_MOST_LABELS)
        self._logger = logger

    def write(self, items: list[request_log.Item], *, labels: Sequence[request_log.Item] = ()) -> Written:
        """Stores the items (Python values). Never raises for a failing table or queue.

        labels: the items with the labels that these refer to. They come first, so whoever sees a text can read them.
        """
        new = self._new_today(labels, of=items)
        rest, reason = self._put([dynamodb.item(item) for item in [*new, *items, *self._shard_count(items)]])
        if not rest:
            return Written()
        self._logger.error("request log write failed", items=_texts(rest), reason=reason)
        lost = self._send_to_dlq(rest)
        for item in lost:
            self._labels_on.pop(item["request_id"]["S"], None)
        if lost:
            # As a last resort the items go to the log group, which is then the only place that has them.
            self._logger.error("request log items lost", items=_texts(lost), item_list=lost)
        return Written(failed=_texts(rest), lost=_texts(lost))

    def _new_today(self, labels: Sequence[request_log.Item], *, of: list[request_log.Item]) -> list[request_log.Item]:
        """The labels that were not written on the texts' day: each day they are kept as long as that day's texts."""
        day = of[0]["time"][:10] if of else ""
        new = [item for item in labels if self._labels_on.get(item["request_id"]) != day]
        for item in new:
            self._labels_on[item["request_id"]] = day
        return new

    def _shard_count(self, items: list[request_log.Item]) -> list[request_log.Item]:
        """The number of shards, with each day's first items: readers query as many shards as were ever written to.

        Like any other item it goes to the queue if the table does not accept it.
        """
        if not items or items[0]["time"][:10] == self._counted_on:
            return []
        self._counted_on = items[0]["time"][:10]
        return [request_log.shards_item(self._shards, expires_at=items[0]["expires_at"])]

    def _put(self, items: list[Item]) -> tuple[list[Item], str]:
        """(items not stored, the reason). After the first failed call the rest is not tried: time is short."""
        pending = list(items)
        for round_number in range(_WRITE_ROUNDS):
            refused: list[Item] = []
            while pending:
                batch = pending[:_BATCH]
                try:
                    refused += self._put_batch(batch)
                except (BotoCoreError, ClientError) as error:
                    return refused + pending, str(error)[:500]
                pending = pending[_BATCH:]
            if not refused:
                return [], ""
            pending = refused
            if round_number < len(_PAUSES):
                time.sleep(_PAUSES[round_number])
        return pending, "the table left items unprocessed"

    def _put_batch(self, batch: list[Item]) -> list[Item]:
        requests = [{"PutRequest": {"Item": item}} for item in batch]
        answer = self._dynamodb.batch_write_item(RequestItems={self._table: requests})
        unprocessed = answer.get("UnprocessedItems", {}).get(self._table, [])
        return [request["PutRequest"]["Item"] for request in unprocessed]

    def _send_to_dlq(self, items: list[Item]) -> list[Item]:
        """The items that the queue did not accept. After a failure of more than one message, nothing more is tried."""
        lost: list[Item] = []
        down = False
        for message in _messages(items):
            try:
                if not down:
                    body = log_messages.body(message, table=self._table)
                    self._sqs.send_message(QueueUrl=self._dlq_url, MessageBody=body)
                    continue
            except (BotoCoreError, ClientError) as error:
                self._logger.exception("dead-letter queue failed")
                down = aws.error_code(error) not in _OF_ONE_MESSAGE
            lost += message
        return lost


def _texts(items: list[Item]) -> int:
    """How many of the items are texts: others are labels or the number of shards."""
    return sum(request_log.is_request_id(item["request_id"]["S"]) for item in items)


def _messages(items: list[Item]) -> Iterator[list[Item]]:
    """The items in groups that fit into one message each."""
    group: list[Item] = []
    size = 0
    for item in items:
        item_size = len(log_messages.body([item], table="").encode())
        if group and size + item_size > _MESSAGE_BYTES:
            yield group
            group, size = [], 0
        group.append(item)
        size += item_size
    if group:
        yield group
