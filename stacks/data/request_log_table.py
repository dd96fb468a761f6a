"""The request log's table: one item for each text of a request, indexed by day and by key."""

from __future__ import annotations

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from contracts.logs import request_log
from stacks.data.table import Table, text_key
from stacks.deployment import Deployment


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
            partition_key=request_log.PARTITION,
            sort_key=dynamodb.Attribute(name=request_log.SORT, type=dynamodb.AttributeType.NUMBER),
            indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=name,
                    partition_key=text_key(partition),
                    sort_key=text_key(request_log.PLACE),
                    projection_type=dynamodb.ProjectionType.INCLUDE,
                    non_key_attributes=list(request_log.INCLUDED),
                    warm_throughput=warm,
                )
                for name, partition in request_log.PARTITIONS.items()
            ],
            warm_throughput=warm,
        )
