"""The drift function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DriftSettings:
    """The request log's table, the bucket with references, state and reports, and the section `drift`."""

    request_log_table: str
    request_log_days: int
    request_log_shards: int
    artifact_bucket: str
    environment: str
    tolerance: float
    alpha: float
    settle_seconds: int
