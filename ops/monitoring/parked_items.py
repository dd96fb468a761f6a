"""Request-log items that the table refuses permanently; they wait in a queue of their own for an operator.

A message's body has the form of contracts/logs/log_messages.py, unless something else was put into the queue; its
attribute `reason` says why it is there. If the parking function dies before it deletes the original, an item is parked
twice: messages with equal bodies are treated as one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.logs import log_messages
from ops.errors import NOT_FOUND, OpsError

# How long a message stays hidden after it was read; then it is visible again, even if this process died.
_HIDDEN_SECONDS = 600
_EMPTY_ENDS = 3  # a standard queue may answer empty although it has messages ("sqs-short-and-long-polling")
_WAIT_SECONDS = 1
_AT_ONCE = 10
TOO_OFTEN = "tried for 16 hours"


@dataclass(frozen=True)
class Parked:
    """A message: its number of items (None: it is not of the request log), since when it is parked, and why."""

    message_id: str
    items: int | None
    since: float
    reason: str


@dataclass(frozen=True)
class _Message:
    """Messages with the same body, and their receipt handles."""

    body: str
    all: list[tuple[Parked, str]]

    @property
    def first(self) -> Parked:
        """The message that is shown, whichever order the queue returned them in."""
        return min((one for one, _ in self.all), key=lambda one: (one.since, one.message_id))

    def is_named(self, text: str) -> bool:
        """Whether an id starts with this."""
        return any(one.message_id.startswith(text) for one, _ in self.all)


def look(sqs: Any, *, url: str) -> list[Parked]:
    """The parked messages, without their texts; leaves them in the queue."""
    handles: list[str] = []
    try:
        return [message.first for message in _read(sqs, url, handles)]
    finally:
        _show_again(sqs, url, handles)


def put_back(sqs: Any, *, url: str, to: str) -> int:
    """Move every message to the queue `to`, where it is tried again. Returns how many.

    A message that was sent but not deleted here is tried twice, which is harmless.
    """
    # Read all before sending any: an item that is refused again is parked again at once, and would be read again.
    messages = _read(sqs, url, [])
    for message in messages:
        sqs.send_message(QueueUrl=to, MessageBody=message.body)
        for _, handle in message.all:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    return len(messages)


def discard(sqs: Any, *, url: str, message: str) -> Parked:
    """Delete the message whose id starts with this, whatever it holds. Raises OpsError unless exactly one does."""
    handles: list[str] = []
    try:
        named = [each for each in _read(sqs, url, handles) if each.is_named(message)]
        if len(named) != 1:
            many = f"{len(named)} parked messages start" if named else "no parked message starts"
            raise OpsError(f"{many} with {message!r}: `rubric parked --json` shows the full ids", status=NOT_FOUND)
        [one] = named
        for _, handle in one.all:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
            handles.remove(handle)
        return one.first
    finally:
        _show_again(sqs, url, handles)


def _show_again(sqs: Any, url: str, handles: list[str]) -> None:
    for handle in handles:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)


def _read(sqs: Any, url: str, handles: list[str]) -> list[_Message]:
    """The messages, grouped by body; adds the receipt handles of all messages read so far to `handles`."""
    messages: dict[str, _Message] = {}
    for message in _messages(sqs, url):
        handles.append(message["ReceiptHandle"])
        one = messages.setdefault(message["Body"], _Message(message["Body"], []))
        one.all.append((_described(message), message["ReceiptHandle"]))
    return list(messages.values())


def _messages(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    """Each message once. Ends before the first ones become visible again."""
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
        items: int | None = len(log_messages.read(message["Body"])["items"])
    except ValueError:
        items = None
    return Parked(message["MessageId"], items, int(message["Attributes"]["SentTimestamp"]) / 1000, reason)
