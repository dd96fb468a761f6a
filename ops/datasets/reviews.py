"""Reviews: an operator's decision about a row that waits, as an event of the ledger."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.datasets import ledger
from contracts.datasets.ledger import Event
from ops import times
from ops.errors import USAGE, OpsError

REJECT = "-"
COLUMNS = ("row_id", "state", "reason", "label", "base", "votes", "source", "time", "key_id", "text", "decision")


@dataclass(frozen=True)
class Decision:
    """A row's label from now on; "" leaves it out."""

    row_id: str
    label: str


def event(decision: Decision, *, operator: str, now: datetime, keep_days: int) -> Event:
    """The decision as an event. operator: who decides, an ARN."""
    at = times.written(now)
    event_id = ledger.event_id("review", decision.row_id, operator, decision.label, at)
    made: Event = {
        "row_id": decision.row_id,
        "event_id": event_id,
        "kind": "review",
        "source": "review",
        "key_id": operator,
        "trusted": True,
        "label": decision.label,
        "time": at,
        "expires_at": int((now + timedelta(days=keep_days)).timestamp()),
        **ledger.index_attributes(decision.row_id, event_id, time=at),
    }
    return made


def as_csv(pending: Sequence[Mapping[str, Any]]) -> str:
    """The rows that wait, with an empty column for decisions."""
    written = io.StringIO()
    table = csv.DictWriter(written, COLUMNS, restval="", extrasaction="ignore")
    table.writeheader()
    for row in pending:
        table.writerow({**row, "votes": "; ".join(f"{who}: {label}" for who, label in row["votes"].items())})
    return written.getvalue()


def from_csv(content: str, *, name: str) -> Iterator[Decision]:
    """The decisions in such a table: a label, or `-` to leave the row out; empty ones decide nothing."""
    table = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")))
    missing = {"row_id", "decision"} - set(table.fieldnames or ())
    if missing:
        raise OpsError(
            f"{name} has no column {min(missing)!r}: `rubric data review --csv {name}` writes the table", status=USAGE
        )
    for row in table:
        decided = " ".join((row["decision"] or "").split())
        if decided:
            yield Decision(row["row_id"], "" if decided == REJECT else decided)


def check(decisions: Sequence[Decision], *, labels: Sequence[str], pending: Sequence[Mapping[str, Any]]) -> None:
    """Raises OpsError for a label that no row of the version has, and for a row that does not wait."""
    waiting = {row["row_id"] for row in pending}
    for decision in decisions:
        if decision.row_id not in waiting:
            raise OpsError(
                f"{decision.row_id[:12]!r} is not waiting (any more): `rubric data review` lists the rows that do"
            )
        if decision.label and decision.label not in labels:
            raise OpsError(
                f"{decision.label[:60]!r} is not a label of the dataset, which has {', '.join(sorted(labels)[:20])}; a "
                "new label comes with a dataset (`rubric data freeze --dataset FILE`)",
                status=USAGE,
            )
