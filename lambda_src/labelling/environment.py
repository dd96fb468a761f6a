"""The labelling function's settings."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class LabellingSettings:
    """The request log's table (kept `request_log_days` days, its indexes in shards) and what it keeps of a text; the
    ledger of labels (kept `example_days` days); the table of erasures; the bucket with an A/B
    test's record.

    labelling_days: how far the queue looks back. shared_share: the share of the audit sample that all labellers label.
    trusted_callers: whose labels count, where API keys do not say it.
    """

    request_log_table: str
    request_log_days: int
    request_log_shards: int
    request_log_text: str
    labelling_days: int
    shared_share: float
    ledger_table: str
    example_days: int
    erased_table: str
    artifact_bucket: str
    trusted_callers: list[str] = field(default_factory=list)

    @property
    def days(self) -> int:
        """How many days the queue covers: no more than the log keeps."""
        return min(self.labelling_days, self.request_log_days)
