"""The feature store in DynamoDB, as contracts/features/layout.py lays it out."""

from __future__ import annotations

from aws_cdk import aws_kms as kms
from constructs import Construct

from contracts.features import layout
from stacks.data.table import Table, text_key
from stacks.deployment import Deployment


def feature_tables(scope: Construct, *, deployment: Deployment, key: kms.IKey | None) -> tuple[Table, Table]:
    """The table of the newest values, an item for each entity, and that of all events, in the order of their places."""
    online = Table(scope, "FeaturesTable", deployment=deployment, key=key, partition_key=layout.ENTITY_KEY)
    history = Table(
        scope,
        "FeatureHistoryTable",
        deployment=deployment,
        key=key,
        partition_key=layout.ENTITY_KEY,
        sort_key=text_key(layout.PLACE),
    )
    return online, history
