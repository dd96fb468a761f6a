"""The classify function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The endpoint to ask and where requests are logged (kept `request_log_days` days).

    request_log_text: store, hash or drop.
    """

    endpoint_name: str
    request_log_table: str
    log_dlq_url: str
    request_log_days: int
    request_log_text: str
    environment: str
