"""The ledger's events in a file, for the training job that folds them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.datasets import ledger
from lambda_src.common import dynamodb, erased_rows

# All that folding needs of an event (model_code/training/versions/votes.py): the job gets no more.
_ATTRIBUTES = (
    *("row_id", "event_id", "kind", "source", "key_id", "labeller", "time", "label", "trusted", "text"),
    "expires_at",  # which is not written
)
# What the function's time, and its 512 MB of files, are certain to be enough for.
MOST_EVENTS = 500_000


class TooManyEvents(Exception):  # noqa: N818 (the state machine shows this name)
    """The ledger is too large for a function; one sentence."""


@dataclass
class Dumped:
    """What is in the file. events: how many labels and reviews; until: the time of the newest; erased: rows with events
    that a tombstone keeps out; tombstones: keyed hashes.
    """

    events: int = 0
    until: str = ""
    erased: int = 0
    sha256: str = ""
    tombstones: set[str] = field(default_factory=set)


def dump(client: Any, *, table: str, path: Path, key: Callable[[], bytes], now: float) -> Dumped:
    """Write the events as JSON lines, without what has expired (which DynamoDB deletes days later) or was erased.

    key: reads the key of the tombstones' hashes; called only if there are any. now: seconds since 1970.
    """
    done = Dumped()
    raw = path.with_suffix(".all")
    with raw.open("w", encoding="utf-8") as file:
        for event in _events(client, table, now=now, done=done):
            done.events += 1
            if done.events > MOST_EVENTS:
                raise TooManyEvents(
                    f"The ledger has more than {MOST_EVENTS:,} events, too many for a run that folds them itself: "
                    "`rubric data freeze` makes the version on your machine, `rubric train --dataset latest` trains"
                )
            file.write(json.dumps(event, separators=(",", ":")) + "\n")
    _finish(done, raw, path, key=key)
    return done


def _events(client: Any, table: str, *, now: float, done: Dumped) -> Iterator[dict[str, Any]]:
    names = {f"#{position}": name for position, name in enumerate(_ATTRIBUTES)}
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        ConsistentRead=True,
        ProjectionExpression=", ".join(names),
        ExpressionAttributeNames=names,
    )
    for page in pages:
        for item in page["Items"]:
            event = dynamodb.plain(item)
            if keyed := ledger.tombstone_of(event["row_id"]):
                done.tombstones.add(keyed)
            elif event["kind"] in (ledger.LABEL, ledger.REVIEW) and event.pop("expires_at", now + 1) > now:
                yield event


def _finish(done: Dumped, raw: Path, path: Path, *, key: Callable[[], bytes]) -> None:
    """Leave out the rows with a tombstone, which the scan may have met after their events."""
    known = key() if done.tombstones else b""
    rows: dict[str, bool] = {}  # whether it is kept out
    digest = hashlib.sha256()
    done.events = 0
    with raw.open("rb") as source, path.open("wb") as target:
        for line in source:
            event = json.loads(line)
            row = event["row_id"]
            if row not in rows:
                rows[row] = bool(erased_rows.among([row], done.tombstones, key=lambda: known))
            if rows[row]:
                continue
            done.events += 1
            done.until = max(done.until, event["time"])
            digest.update(line)
            target.write(line)
    raw.unlink()
    done.erased, done.sha256 = sum(rows.values()), digest.hexdigest()
