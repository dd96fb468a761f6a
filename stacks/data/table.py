"""DynamoDB tables: on demand, with a time to live, encrypted, global tables with one replica."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.deployment import Deployment
from stacks.shared.acknowledgements import accept

TTL_ATTRIBUTE = "expires_at"


class Table(dynamodb.TableV2):
    """A table with the project's defaults, to which other regions can be added. Keys are strings by default.

    `AWS::DynamoDB::GlobalTable` with its own region alone costs what a table costs; a table of the other type could
    not become one without being deleted (docs/decisions/0046-tables-are-global-tables.md).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        key: kms.IKey | None,
        partition_key: str,
        sort_key: dynamodb.Attribute | None = None,
        indexes: Sequence[dynamodb.GlobalSecondaryIndexPropsV2] = (),
        warm_throughput: dynamodb.WarmThroughput | None = None,
    ) -> None:
        data = deployment.settings.data
        super().__init__(
            scope,
            construct_id,
            partition_key=text_key(partition_key),
            sort_key=sort_key,
            billing=dynamodb.Billing.on_demand(),
            time_to_live_attribute=TTL_ATTRIBUTE,
            encryption=dynamodb.TableEncryptionV2.customer_managed_key(key)
            if key
            else dynamodb.TableEncryptionV2.dynamo_owned_key(),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=data.point_in_time_recovery
            ),
            removal_policy=deployment.removal_policy,
            # RETAIN protects a table only from CloudFormation; this protects it from everybody until switched off.
            deletion_protection=data.retain,
            global_secondary_indexes=list(indexes),
            warm_throughput=warm_throughput,
        )
        if not data.point_in_time_recovery:
            accept(self, "DDB3", because="data.point_in_time_recovery is off: this environment's data can be lost.")


def text_key(name: str) -> dynamodb.Attribute:
    """A key attribute that holds a string."""
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
