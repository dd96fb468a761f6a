"""One batch of messages from the dead-letter queue: which were written, and which must be delivered again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from contracts.logs import log_messages
from contracts.logs.request_log import KEY
from lambda_src.common import aws, storage
from lambda_src.common.dynamodb import Item
from lambda_src.common.problems import Problem
from lambda_src.redrive import erased, late
from lambda_src.redrive.erased import ErasedPort

# DynamoDB's errors for an item that it will never accept ("Error handling" in its developer guide), because it exceeds
# a limit. Other errors (no such table, no permission) can be fixed.
_FOR_GOOD = {"ValidationException", "ItemCollectionSizeLimitExceededException"}


class TablePort(Protocol):
    """Stores items (dal.Table)."""

    def add(self, item: Item) -> None: ...


class ParkingPort(Protocol):
    """Takes messages that can never be written (dal.Parking)."""

    def park(self, body: str, *, reason: str) -> None: ...


@dataclass
class RedriveResult:
    """How many items were written and how many dropped; how many messages were parked, at least in part; and `failed`,
    the ids of the messages that must be delivered again."""

    written: int = 0
    dropped: int = 0
    parked: int = 0
    failed: list[str] = field(default_factory=list)


class _DownError(Exception):
    """The table does not answer, and further calls would fail too."""


@dataclass(frozen=True, kw_only=True)
class Redrive:
    """Writes messages' items to `table`, except those erased according to `known`; parks those it refuses for good."""

    table: TablePort
    known: ErasedPort
    parking: ParkingPort
    logger: Any

    def run(self, records: list[dict[str, Any]]) -> RedriveResult:
        """Writes the items of SQS records. Never raises: a message that fails must not stop the others."""
        outcome = RedriveResult()
        down = False
        for record in records:
            name = str(record["messageId"])
            # Once the table is down nothing more is tried: the queue keeps the rest.
            if not down:
                try:
                    self._message(record["body"], outcome)
                    continue
                except _DownError as error:
                    down = True
                    self.logger.error("the request log does not answer", message_id=name, reason=str(error)[:500])
                except (BotoCoreError, ClientError) as error:
                    self.logger.error("the request log cannot be written", message_id=name, reason=str(error)[:500])
                except Exception as error:  # noqa: BLE001 (not even a fault of ours may stop the others)
                    # Its message may quote a text.
                    reason = type(error).__name__
                    self.logger.error("a message cannot be redriven", message_id=name, reason=reason)
            outcome.failed.append(name)
        return outcome

    def _message(self, body: str, outcome: RedriveResult) -> None:
        """Writes or parks one message's items. Raises if the message must stay in the queue."""
        try:
            items, invalid = items_of(body)
        except ValueError as error:
            self.logger.error("parked a message that is not from the request log", reason=str(error))
            self.parking.park(body, reason=str(error))
            outcome.parked += 1
            return
        try:
            # While erasures cannot be read, nothing is written.
            kept = erased.kept(items, self.known)
        except (BotoCoreError, Problem) as error:
            raise _DownError(str(error)) from error
        except ClientError as error:
            if _passes(error):
                raise _DownError(str(error)) from error
            raise
        refused: list[Any] = [item for item, _ in invalid]
        reason = invalid[0][1] if invalid else ""
        for item in kept:
            refusal = self._refusal(item)
            outcome.written += not refusal
            if refusal:
                refused.append(item)
                reason = refusal
        if refused:
            # Last: a message that is delivered again is then parked only once.
            left = log_messages.body(refused, table=log_messages.read(body).get("table"))
            self.parking.park(left, reason=reason)
            self.logger.error("parked items that the request log refuses for good", items=len(refused))
            outcome.parked += 1
        outcome.dropped += len(items) - len(kept)

    def _refusal(self, item: Item) -> str:
        """Why the table will never accept the item; "" if it did. Raises temporary failures."""
        try:
            self.table.add(late.marked(item))
            # Last: a message that is delivered again adds it then.
            if (arrival := late.arrival(item, now=datetime.now(UTC))) is not None:
                self.table.add(arrival)
        except ClientError as error:
            if _passes(error):
                raise _DownError(str(error)) from error
            if aws.error_code(error) in _FOR_GOOD:
                return str(error)[:500]
            raise
        except (ParamValidationError, ValueError, RecursionError) as error:
            # Their messages may quote the item, and the reason is shown.
            return f"it cannot be sent to DynamoDB ({type(error).__name__})"
        except BotoCoreError as error:
            raise _DownError(str(error)) from error
        return ""


def _passes(error: ClientError) -> bool:
    """Whether it is throttling or a failure of DynamoDB, which other calls would meet as well."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return int(status) >= 500 or aws.error_code(error) in storage.PASSING


def items_of(body: str) -> tuple[list[Item], list[tuple[Any, str]]]:
    """The valid items of a message's body (contracts/logs/log_messages.py), and the invalid ones, each with the reason.
    ValueError if none is valid.

    The table named in the body is not used: the table may have been replaced since.
    """
    judged = [(each, _fault(each)) for each in log_messages.read(body)["items"]]
    invalid = [(each, fault) for each, fault in judged if fault]
    items = [each for each, fault in judged if not fault]
    if invalid and not items:
        raise ValueError(invalid[0][1])
    return items, invalid


def _fault(item: Any) -> str:
    """Why it cannot be an item of the request log, or ""."""
    if not isinstance(item, dict) or not all(_is_attribute(value) for value in item.values()):
        return "an item is not DynamoDB JSON"
    try:
        json.dumps(item, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "an item contains an unpaired surrogate"
    return "" if set(KEY) < set(item) else f"an item has no {' or no '.join(KEY)}, or nothing else"


def _is_attribute(value: Any) -> bool:
    """Whether it is one value of one type; strings and numbers are written as strings."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("S", value.get("N", "")), str)
