"""The classify function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The endpoint to ask, where requests are logged (kept `request_log_days` days) and answers are kept for a repeat.

    answer_cache_seconds: how long a text's answer may be given again without the model; 0 = never.
    """

    endpoint_name: str
    request_log_table: str
    log_dlq_url: str
    request_log_days: int
    environment: str
    answers_table: str
    answer_cache_seconds: int = 0
