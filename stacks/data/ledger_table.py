"""The ledger's table: one item for each label that comes in, indexed by day."""

from __future__ import annotations

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from contracts.datasets import ledger
from stacks.data.table import Table, text_key
from stacks.deployment import Deployment


class LedgerTable(Table):
    """Its index holds no text, so that new events are cheap to list."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, key: kms.IKey | None) -> None:
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            key=key,
            partition_key=ledger.PARTITION,
            sort_key=text_key(ledger.SORT),
            indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=ledger.BY_DAY,
                    partition_key=text_key(ledger.DAY_SHARD),
                    sort_key=text_key(ledger.PLACE),
                    projection_type=dynamodb.ProjectionType.INCLUDE,
                    non_key_attributes=list(ledger.INCLUDED),
                )
            ],
        )
