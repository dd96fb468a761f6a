"""One thing that has happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

DATASET, RUN, VERDICT, APPROVAL, TEST, PROMOTION, ROLLBACK, ALARM, DECISION = KINDS = (
    *("dataset", "run", "verdict", "approval", "test"),
    *("promotion", "rollback", "alarm", "decision"),
)


@dataclass(frozen=True)
class Event:
    """at: UTC. kind: of KINDS. what: a sentence without its full stop. by: who or what caused it, "" if that is not
    known. about: the model version, dataset version, run or alarm. details: for `--json`.
    """

    at: datetime
    kind: str
    what: str
    by: str = ""
    about: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """For JSON output."""
        return {**asdict(self), "at": self.at.isoformat(timespec="seconds")}


def moment(value: object) -> datetime | None:
    """A time as AWS and our records give it: a datetime, ISO 8601, or seconds since 1970; None for no time."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, int | float) and value > 0:
        return datetime.fromtimestamp(value, UTC)
    if not isinstance(value, str) or not value:
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


def happened(at: object, kind: str, what: str, **more: Any) -> Iterator[Event]:
    """The event, unless its time is not known."""
    known = moment(at)
    if known is not None:
        yield Event(known, kind, " ".join(what.split()).rstrip("."), **more)
