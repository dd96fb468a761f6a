"""Request-log items that the table refuses for good: they wait in a queue of their own until somebody looks.

A message's body is that of contracts/log_messages.py, or whatever else was found in the queue; its attribute `reason`
says why it is there. A message is parked once more where the function that
parked it died before SQS knew: those of equal bodies are one here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts import log_messages
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


@dataclass(frozen=True)
class _Message:
    """Messages of one body, and their receipt handles."""

    body: str
    all: list[tuple[Parked, str]]

    @property
    def first(self) -> Parked:
        """The one that is shown, whichever the queue gave first."""
        return min((one for one, _ in self.all), key=lambda one: (one.since, one.message_id))

    def is_named(self, text: str) -> bool:
        """Whether an id begins so."""
        return any(one.message_id.startswith(text) for one, _ in self.all)


def look(sqs: Any, *, url: str) -> list[Parked]:
    """What is parked, which is there again afterwards. Says nothing of the texts."""
    handles: list[str] = []
    try:
        return [message.first for message in _read(sqs, url, handles)]
    finally:
        _show_again(sqs, url, handles)


def put_back(sqs: Any, *, url: str, to: str) -> int:
    """Sends every message to the queue `to`, from where it is tried again, and takes it out of this one. How many.

    A message that is sent and could not be taken out is tried twice, which changes nothing.
    """
    # All are read before the first is sent: what is refused again is parked again at once, and would be read again.
    messages = _read(sqs, url, [])
    for message in messages:
        sqs.send_message(QueueUrl=to, MessageBody=message.body)
        for _, handle in message.all:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    return len(messages)


def discard(sqs: Any, *, url: str, message: str) -> Parked:
    """Deletes the one message whose id begins so, whatever it holds. Raises OpsError unless exactly one does."""
    handles: list[str] = []
    try:
        named = [each for each in _read(sqs, url, handles) if each.is_named(message)]
        if len(named) != 1:
            many = f"{len(named)} parked messages begin" if named else "no parked message begins"
            raise OpsError(f"{many} with {message!r}: `rubric parked --json` has the whole ids", status=NOT_FOUND)
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
    """The messages, those of one body together; `handles` has the receipt handles of all that were read so far."""
    found: dict[str, _Message] = {}
    for message in _messages(sqs, url):
        handles.append(message["ReceiptHandle"])
        one = found.setdefault(message["Body"], _Message(message["Body"], []))
        one.all.append((_described(message), message["ReceiptHandle"]))
    return list(found.values())


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
        items: int | None = len(log_messages.read(message["Body"])["items"])
    except ValueError:
        items = None
    return Parked(message["MessageId"], items, int(message["Attributes"]["SentTimestamp"]) / 1000, reason)
