"""Queues of request-log items that wait to be written: replaces messages that hold wanted texts."""

from __future__ import annotations

import time
from typing import Any

from contracts.logs import log_messages
from ops.erase.report import Show, StoreReport
from ops.erase.targets import Wanted

STORE = "dead letters"
# How long a message stays hidden after it was read, so it is not read twice; SQS allows up to 12 hours.
_HIDDEN_SECONDS = 900
_EMPTY_ENDS = 3  # a standard queue may answer empty although it has messages ("sqs-short-and-long-polling")
_WAIT_SECONDS = 2
_AT_ONCE = 10


class Queue:
    """The queue at `url`."""

    def __init__(self, sqs: Any, *, url: str, show: Show) -> None:
        self._sqs = sqs
        self._url = url
        self._show = show

    def run(self, wanted: Wanted, *, apply: bool) -> StoreReport:
        """With `apply`, remove wanted texts from the messages; without, report how many messages there are.

        A message that is read is hidden from other readers, so a dry run reads none.
        """
        report = StoreReport(STORE, self._url.rsplit("/", 1)[-1])
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        waiting, away = (int(counts.get(name, 0)) for name in names)
        if not apply:
            report.note = f"{waiting + away:,} messages wait; they are searched during the erasure"
            return report
        self._read_all(wanted, report)
        # Messages in a lost answer of ReceiveMessage are hidden, like those that another reader has.
        unseen = max(away, waiting - report.looked_at)
        if unseen:
            report.note = (
                f"{unseen:,} messages were hidden, probably with the redrive function, which writes nothing that was "
                "erased; they may still hold texts: run the same command again in 15 minutes"
            )
        return report

    def _read_all(self, wanted: Wanted, report: StoreReport) -> None:
        kept: list[str] = []
        empty, end = 0, time.monotonic() + _HIDDEN_SECONDS / 2
        try:
            while empty < _EMPTY_ENDS and time.monotonic() < end:
                messages = self._sqs.receive_message(
                    QueueUrl=self._url,
                    MaxNumberOfMessages=_AT_ONCE,
                    VisibilityTimeout=_HIDDEN_SECONDS,
                    WaitTimeSeconds=_WAIT_SECONDS,
                    MessageAttributeNames=["All"],
                ).get("Messages", [])
                empty = 0 if messages else empty + 1
                for message in messages:
                    report.looked_at += 1
                    if not self._rewrite(message, wanted, report):
                        kept.append(message["ReceiptHandle"])
                self._show(STORE, report.looked_at, report.found)
            if empty < _EMPTY_ENDS:
                report.problems.append(
                    f"{report.where} has more messages than could be read: run the same command again"
                )
        finally:
            self._show_again(kept)

    def _rewrite(self, message: dict[str, Any], wanted: Wanted, report: StoreReport) -> bool:
        """Whether this message was replaced or removed."""
        try:
            document = log_messages.read(message["Body"])
        except ValueError:
            report.problems.append(f"{report.where}: message {message['MessageId']} is not of the request log")
            return False
        items, left, odd = document["items"], [], 0
        for item in items:
            try:
                if wanted.has_item(item):
                    continue
            except ValueError:
                odd += 1
            left.append(item)
        if odd:
            what = f"message {message['MessageId']} has {odd:,} that are not items of the request log"
            report.problems.append(f"{report.where}: {what}: if they hold the text, discard it (`rubric parked`)")
        if len(left) == len(items):
            return False
        report.found += len(items) - len(left)
        if left:
            body = log_messages.body(left, table=document.get("table"))
            about = message.get("MessageAttributes", {})
            self._sqs.send_message(QueueUrl=self._url, MessageBody=body, MessageAttributes=about)
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        report.erased += len(items) - len(left)
        return True

    def _show_again(self, handles: list[str]) -> None:
        for start in range(0, len(handles), _AT_ONCE):
            entries = [
                {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for number, handle in enumerate(handles[start : start + _AT_ONCE])
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
