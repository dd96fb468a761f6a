"""One batch of messages from the dead-letter queue: which were written, and which are to come again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from lambda_src.common.problems import Problem
from lambda_src.redrive import erased
from lambda_src.redrive.erased import ErasedPort

# The request log's key: what makes writing an item twice harmless.
KEY = ("request_id", "position")

Item = dict[str, Any]


class TablePort(Protocol):
    """Where items go (dal.Table)."""

    def add(self, item: Item) -> None: ...


@dataclass
class Outcome:
    """How many items were written, how many are no longer to be, and the ids of the messages that must come again."""

    written: int = 0
    dropped: int = 0
    failed: list[str] = field(default_factory=list)


def redrive(records: list[dict[str, Any]], *, table: TablePort, known: ErasedPort, logger: Any) -> Outcome:
    """Writes the items of SQS records, except what `known` says was erased.

    Never raises: a message that fails must not take the others with it.
    """
    outcome = Outcome()
    down = False
    for record in records:
        name = str(record["messageId"])
        try:
            items = items_of(record["body"])
        except ValueError as error:
            logger.error("a message is not of the request log", message_id=name, reason=str(error))
            outcome.failed.append(name)
            continue
        # After the first failing call nothing more is tried: the queue keeps the rest.
        down = down or not _write(items, outcome, table=table, known=known, logger=logger, message_id=name)
        if down:
            outcome.failed.append(name)
    return outcome


def _write(
    items: list[Item], outcome: Outcome, *, table: TablePort, known: ErasedPort, logger: Any, message_id: str
) -> bool:
    try:
        # Whoever cannot tell what was erased writes nothing.
        kept = erased.kept(items, known)
    except (BotoCoreError, ClientError, Problem) as error:
        logger.error("what was erased cannot be read", message_id=message_id, reason=str(error)[:500])
        return False
    outcome.dropped += len(items) - len(kept)
    for item in kept:
        try:
            table.add(item)
        except (BotoCoreError, ClientError) as error:
            logger.error("the request log cannot be written", message_id=message_id, reason=str(error)[:500])
            return False
        outcome.written += 1
    return True


def items_of(body: str) -> list[Item]:
    """The items of a message's body, `{"table": ..., "items": [DynamoDB JSON, ...]}`; ValueError for any other.

    The table that it names is not used: a table that was replaced has another name, and the log is where it is now.
    """
    document = json.loads(body)
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise ValueError("it has no list of items")
    for item in items:
        if not isinstance(item, dict) or not all(isinstance(value, dict) for value in item.values()):
            raise ValueError("an item is not DynamoDB JSON")
        if not set(KEY) < set(item):
            raise ValueError(f"an item has no {' or no '.join(KEY)}, or nothing else")
    return items
