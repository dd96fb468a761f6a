"""The request log's table: one item for each text of a request, found by day and by key."""

from __future__ import annotations

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.data.table import Table, text_key
from stacks.deployment import Deployment

# Index: the attribute of its partitions. `lambda_src/common/log_index.py` has the names, too, and what is in them.
INDEXES = {"by_day": "day_shard", "by_key": "key_shard"}
SORTED_BY = "place"
INCLUDED = ("label", "confidence", "feedback_label")


class RequestLogTable(Table):
    """Laid out for `data.write_rate` write units a second: its indexes are divided into shards and hold small items."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, key: kms.IKey | None) -> None:
        warm_writes = deployment.settings.data.warm_writes
        warm = dynamodb.WarmThroughput(write_units_per_second=warm_writes) if warm_writes else None
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            key=key,
            partition_key="request_id",
            sort_key=dynamodb.Attribute(name="position", type=dynamodb.AttributeType.NUMBER),
            indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=name,
                    partition_key=text_key(partition),
                    sort_key=text_key(SORTED_BY),
                    projection_type=dynamodb.ProjectionType.INCLUDE,
                    non_key_attributes=list(INCLUDED),
                    warm_throughput=warm,
                )
                for name, partition in INDEXES.items()
            ],
            warm_throughput=warm,
        )
