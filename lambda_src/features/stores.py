"""The store that the settings name."""

from __future__ import annotations

from contracts.features.registry import Registry
from lambda_src.common import aws
from lambda_src.common.features import dynamodb
from lambda_src.common.features.store import FeatureStore, StoreError
from lambda_src.features.environment import FeaturesSettings


def make(settings: FeaturesSettings, *, registry: Registry) -> FeatureStore:
    """The store, whose client is kept for later calls. Raises StoreError where it cannot be used."""
    if settings.feature_store == "dynamodb":
        return dynamodb.Store(
            aws.client("dynamodb", connect_timeout=1.0, read_timeout=5.0, attempts=3),
            online=settings.features_online_table,
            history=settings.features_history_table,
            registry=registry,
            history_days=settings.feature_days,
        )
    return _mongodb(settings, registry=registry)


def _mongodb(settings: FeaturesSettings, *, registry: Registry) -> FeatureStore:
    # Imported here: only the layer of this function has the driver, and only with this store.
    from lambda_src.common.features.mongodb import connection, secret
    from lambda_src.common.features.mongodb.store import Store

    server = settings.mongodb_server
    if server not in connection.SERVERS:
        raise StoreError(f"MONGODB_SERVER is {server!r}; use one of {', '.join(connection.SERVERS)}.")
    address = connection.address(secret.text(settings.mongodb_secret), server=server, name=settings.mongodb_secret)
    database = connection.client(address)[address.database]
    return Store(database, registry=registry, history_days=settings.feature_days)
