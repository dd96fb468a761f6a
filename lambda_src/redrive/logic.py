"""One batch of messages from the dead-letter queue: which were written, and which are to come again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from contracts import log_messages
from contracts.request_log import KEY
from lambda_src.common import aws, storage
from lambda_src.common.dynamodb import Item
from lambda_src.common.problems import Problem
from lambda_src.redrive import erased
from lambda_src.redrive.erased import ErasedPort

# What DynamoDB says of an item that it will not take tomorrow either ("Error handling" in its developer guide): one
# beyond its limits. Anything else (no such table, no permission) somebody may mend.
_FOR_GOOD = {"ValidationException", "ItemCollectionSizeLimitExceededException"}


class TablePort(Protocol):
    """Where items go (dal.Table)."""

    def add(self, item: Item) -> None: ...


class ParkingPort(Protocol):
    """Where messages go that can never be written (dal.Parking)."""

    def park(self, body: str, *, reason: str) -> None: ...


@dataclass
class Outcome:
    """How many items were written, how many are no longer to be, and messages: of how many something was parked, and
    the ids of those that must come again."""

    written: int = 0
    dropped: int = 0
    parked: int = 0
    failed: list[str] = field(default_factory=list)


class _DownError(Exception):
    """The table does not answer: whatever is asked of it now, it will not do."""


@dataclass(frozen=True, kw_only=True)
class Redrive:
    """Writes messages' items to `table`, except what `known` says was erased; parks what it refuses for good."""

    table: TablePort
    known: ErasedPort
    parking: ParkingPort
    logger: Any

    def run(self, records: list[dict[str, Any]]) -> Outcome:
        """Writes the items of SQS records. Never raises: a message that fails must not take the others with it."""
        outcome = Outcome()
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
                except Exception as error:  # noqa: BLE001 (not even a fault of ours may take the others with it)
                    # What it says may quote a text.
                    reason = type(error).__name__
                    self.logger.error("a message cannot be redriven", message_id=name, reason=reason)
            outcome.failed.append(name)
        return outcome

    def _message(self, body: str, outcome: Outcome) -> None:
        """Raises what keeps the message in the queue."""
        try:
            items, odd = items_of(body)
        except ValueError as error:
            self.logger.error("a message is not of the request log: it is parked", reason=str(error))
            self.parking.park(body, reason=str(error))
            outcome.parked += 1
            return
        try:
            # Whoever cannot tell what was erased writes nothing.
            kept = erased.kept(items, self.known)
        except (BotoCoreError, Problem) as error:
            raise _DownError(str(error)) from error
        except ClientError as error:
            if _passes(error):
                raise _DownError(str(error)) from error
            raise
        refused: list[Any] = [item for item, _ in odd]
        reason = odd[0][1] if odd else ""
        for item in kept:
            why = self._refusal(item)
            outcome.written += not why
            if why:
                refused.append(item)
                reason = why
        if refused:
            # Last, so that a message which comes again is parked once.
            left = log_messages.body(refused, table=log_messages.read(body).get("table"))
            self.parking.park(left, reason=reason)
            self.logger.error("the request log refuses items for good: they are parked", items=len(refused))
            outcome.parked += 1
        outcome.dropped += len(items) - len(kept)

    def _refusal(self, item: Item) -> str:
        """Why the table will never take the item; "" when it did. Raises what may pass."""
        try:
            self.table.add(item)
        except ClientError as error:
            if _passes(error):
                raise _DownError(str(error)) from error
            if aws.error_code(error) in _FOR_GOOD:
                return str(error)[:500]
            raise
        except (ParamValidationError, ValueError, RecursionError) as error:
            # What they say may quote the item, and the reason is shown.
            return f"DynamoDB cannot be asked for it ({type(error).__name__})"
        except BotoCoreError as error:
            raise _DownError(str(error)) from error
        return ""


def _passes(error: ClientError) -> bool:
    """Throttling and failures of DynamoDB's own, which every other call would meet as well."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return int(status) >= 500 or aws.error_code(error) in storage.PASSING


def items_of(body: str) -> tuple[list[Item], list[tuple[Any, str]]]:
    """The items of a message's body (contracts/log_messages.py), and of what else is among them why it is no item.
    ValueError where nothing is one.

    The table that it names is not used: a table that was replaced has another name, and the log is where it is now.
    """
    judged = [(each, _why_odd(each)) for each in log_messages.read(body)["items"]]
    odd = [(each, why) for each, why in judged if why]
    items = [each for each, why in judged if not why]
    if odd and not items:
        raise ValueError(odd[0][1])
    return items, odd


def _why_odd(item: Any) -> str:
    """Why it can be no item of the request log, or ""."""
    if not isinstance(item, dict) or not all(_is_attribute(value) for value in item.values()):
        return "an item is not DynamoDB JSON"
    try:
        json.dumps(item, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "an item has half of a surrogate pair"
    return "" if set(KEY) < set(item) else f"an item has no {' or no '.join(KEY)}, or nothing else"


def _is_attribute(value: Any) -> bool:
    """Whether it is one value of one type, which for texts and numbers is a text."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("S", value.get("N", "")), str)
