"""The redrive function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The table that the items belong in, the one that says what was erased, and the queue of what is refused."""

    request_log_table: str
    erased_table: str
    parked_url: str
    environment: str
