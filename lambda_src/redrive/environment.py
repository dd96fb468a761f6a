"""The redrive function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RedriveSettings:
    """The request log's table, the table of erasures, and the queue of parked messages."""

    request_log_table: str
    erased_table: str
    parked_url: str
    environment: str
