"""What goes wrong with bills and advisories."""

from __future__ import annotations

USAGE, FOUND = 2, 1


class SupplyError(Exception):
    """A file that is missing or cannot be read; the message is one sentence that says what to do."""
