"""Times as the request log and the ledgers hold them."""

from __future__ import annotations

from datetime import UTC, datetime


def written(moment: datetime) -> str:
    """UTC, milliseconds, `Z`: `2026-11-20T21:35:00.123Z`. Their order as texts is that of the times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
