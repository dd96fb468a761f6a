"""Request-log items that the table refuses for good: they wait in a queue of their own until somebody looks.

A message's body is `{"table": ..., "items": [DynamoDB JSON, ...]}` (lambda_src/redrive/logic.py), or whatever else was
found in the queue; its attribute `reason` says why it is there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops.errors import NOT_FOUND, OpsError

# How long what was read is out of sight of others; then it is there again, whatever became of this process.
_HIDDEN_SECONDS = 600
_EMPTY_ENDS = 3  # a standard queue may answer with nothing though it has messages ("sqs-short-and-long-polling")
_WAIT_SECONDS = 1
_AT_ONCE = 10
TOO_OFTEN = "tried for 16 hours"


@dataclass(frozen=True)
class Parked:
    """A message: how many items it has (None: it is not of the request log), since when it is there, and why."""

    message_id: str
    items: int | None
    since: float
    reason: str


def looked_at(sqs: Any, *, url: str) -> list[Parked]:
    """What is parked, which is there again afterwards. Says nothing of the texts."""
    found, handles = [], []
    try:
        for message in _messages(sqs, url):
            handles.append(message["ReceiptHandle"])
            found.append(_described(message))
    finally:
        for handle in handles:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    return found


def returned(sqs: Any, *, url: str, to: str) -> int:
    """Sends every message to the queue `to`, from where it is tried again, and takes it out of this one. How many.

    A message that is sent and could not be taken out is tried twice, which changes nothing.
    """
    # All are read before the first is sent: what is refused again is parked again at once, and would be read again.
    messages = list(_messages(sqs, url))
    for message in messages:
        sqs.send_message(QueueUrl=to, MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return len(messages)


def discarded(sqs: Any, *, url: str, message: str) -> Parked:
    """Deletes the one message whose id begins so, whatever it holds. Raises OpsError unless exactly one does."""
    found: list[tuple[str, Parked]] = []
    deleted = ""
    try:
        for each in _messages(sqs, url):
            found.append((each["ReceiptHandle"], _described(each)))
        named = [(handle, one) for handle, one in found if one.message_id.startswith(message)]
        if len(named) != 1:
            many = f"{len(named)} parked messages begin" if named else "no parked message begins"
            raise OpsError(f"{many} with {message!r}: `rubric parked --json` has the whole ids", status=NOT_FOUND)
        [(deleted, one)] = named
        sqs.delete_message(QueueUrl=url, ReceiptHandle=deleted)
        return one
    finally:
        for handle, _ in found:
            if handle != deleted:
                sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)


def _messages(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    """Each message once. Ends before those that were read first are in sight again."""
    empty, end = 0, time.monotonic() + _HIDDEN_SECONDS / 4
    while empty < _EMPTY_ENDS and time.monotonic() < end:
        messages = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_AT_ONCE,
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=_WAIT_SECONDS,
            MessageAttributeNames=["reason"],
            MessageSystemAttributeNames=["SentTimestamp"],
        ).get("Messages", [])
        empty = 0 if messages else empty + 1
        yield from messages


def _described(message: dict[str, Any]) -> Parked:
    reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", TOO_OFTEN)
    try:
        items: int | None = len(json.loads(message["Body"])["items"])
    except (ValueError, TypeError, KeyError):
        items = None
    return Parked(message["MessageId"], items, int(message["Attributes"]["SentTimestamp"]) / 1000, reason)
