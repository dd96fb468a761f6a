"""DynamoDB tables: on demand, with a time to live, encrypted."""

from __future__ import annotations

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.constructs.acknowledgements import accept
from stacks.deployment import Deployment

TTL_ATTRIBUTE = "expires_at"


class Table(dynamodb.Table):
    """A table with the project's defaults. Keys are texts unless said otherwise."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        key: kms.IKey | None,
        partition_key: str,
        sort_key: dynamodb.Attribute | None = None,
    ) -> None:
        data = deployment.settings.data
        super().__init__(
            scope,
            construct_id,
            partition_key=dynamodb.Attribute(name=partition_key, type=dynamodb.AttributeType.STRING),
            sort_key=sort_key,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=TTL_ATTRIBUTE,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if key else dynamodb.TableEncryption.DEFAULT,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=data.point_in_time_recovery
            ),
            removal_policy=deployment.removal_policy,
        )
        if not data.point_in_time_recovery:
            accept(self, "DDB3", because="data.point_in_time_recovery is off: this environment's data can be lost.")
