"""The features function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FeaturesSettings:
    """The request log and the ledger that features are computed from, the bucket with the state, and the registry.

    features_registry: as JSON (contracts/features/registry.py). feature_store: dynamodb or mongodb, whose fields the
    other leaves empty: two tables, or the secret with the URI and what that leads to (atlas or documentdb).
    feature_days: how long the history is kept.
    """

    environment: str
    request_log_table: str
    request_log_shards: int
    ledger_table: str
    artifact_bucket: str
    features_registry: str
    feature_store: str
    feature_days: int
    features_online_table: str = ""
    features_history_table: str = ""
    mongodb_secret: str = ""
    mongodb_server: str = ""
