"""The settings of the request log's API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RequestLogApiSettings:
    """The table of logged requests, how many days it keeps them, and the number of its indexes' shards.

    cursor_secret: the ARN of the secret whose versions sign cursors.
    """

    request_log_table: str
    request_log_days: int
    request_log_shards: int
    cursor_secret: str
