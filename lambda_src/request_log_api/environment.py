"""The settings of the request log's API."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class RequestLogApiSettings:
    """The table of logged requests, how many days it keeps them, and the number of its indexes' shards;
    the ledger's table, and how many days it keeps an event; the table of erasures.

    cursor_secret: the ARN of the secret whose versions sign cursors. trusted_callers: whose labels are trusted, where
    API keys do not say it.
    """

    request_log_table: str
    request_log_days: int
    request_log_shards: int
    ledger_table: str
    example_days: int
    erased_table: str
    cursor_secret: str
    trusted_callers: list[str] = field(default_factory=list)
