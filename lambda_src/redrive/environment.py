"""The redrive function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The table that the items belong in, and the one that says what was erased."""

    request_log_table: str
    erased_table: str
    environment: str
