"""Times as the request log and the ledger of labels have them."""

from __future__ import annotations

from datetime import UTC, datetime


def written(moment: datetime) -> str:
    """A moment in UTC, to the millisecond: `2026-11-30T13:00:00.000Z`, as the functions write it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
