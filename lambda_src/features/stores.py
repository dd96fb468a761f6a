"""The store that the settings name."""

from __future__ import annotations

from contracts.features.registry import Registry
from lambda_src.common import aws
from lambda_src.common.features import dynamodb
from lambda_src.common.features.store import FeatureStore
from lambda_src.features.environment import FeaturesSettings


def make(settings: FeaturesSettings, *, registry: Registry) -> FeatureStore:
    """The store, whose client is kept for later calls. Raises StoreError where it cannot be used."""
    if settings.feature_store == "dynamodb":
        client = aws.client("dynamodb", connect_timeout=1.0, read_timeout=5.0, attempts=3)
        return dynamodb.Store(
            client,
            online=settings.features_online_table,
            history=settings.features_history_table,
            registry=registry,
        )
    raise ValueError(f"FEATURE_STORE is {settings.feature_store!r}; use dynamodb or mongodb")
