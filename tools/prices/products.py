"""Which product of AWS's price list a price of ours is, by the attributes of the product.

`usagetype` begins with the region's code in all regions but us-east-1 (`EUC1-Requests`), so its end is compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product. offer: the service's code in the price list; usage: the end of `usagetype`; others: attributes."""

    offer: str
    usage: str
    others: Mapping[str, str] = field(default_factory=dict)
    family: str = ""

    def is_(self, product: Mapping[str, object]) -> bool:
        """Whether a product of an offer file is it."""
        attributes = product.get("attributes")
        if not isinstance(attributes, dict) or (self.family and product.get("productFamily") != self.family):
            return False
        if re.fullmatch(rf"([A-Z]{{2,4}}\d?-)?{self.usage}", str(attributes.get("usagetype", ""))) is None:
            return False
        return all(attributes.get(name) == value for name, value in self.others.items())


def _one(offer: str, usage: str, family: str = "", **others: str) -> Product:
    return Product(offer=offer, usage=usage, family=family, others=others)


PRODUCTS: Mapping[str, Product] = {
    "apigateway.http_requests": _one("AmazonApiGateway", "ApiGatewayHttpRequest"),
    "cloudwatch.alarm": _one("AmazonCloudWatch", "CW:AlarmMonitorUsage", alarmType="Standard"),
    "cloudwatch.alarm_high_resolution": _one(
        "AmazonCloudWatch", "CW:HighResAlarmMonitorUsage", alarmType="High Resolution"
    ),
    "cloudwatch.dashboard": _one("AmazonCloudWatch", "DashboardsUsageHour(-Basic)?"),
    "cloudwatch.logs_ingested": _one("AmazonCloudWatch", "DataProcessing-Bytes", family="Data Payload"),
    "cloudwatch.logs_stored": _one("AmazonCloudWatch", "TimedStorage-ByteHrs"),
    "cloudwatch.metric": _one("AmazonCloudWatch", "CW:MetricMonitorUsage"),
    "codebuild.small_minutes": _one("CodeBuild", "Build-Min:Linux:g1.small"),
    "docdb.io": _one("AmazonDocDB", "StorageIOUsage"),
    "docdb.storage": _one("AmazonDocDB", "StorageUsage"),
    "dynamodb.pitr": _one("AmazonDynamoDB", "TimedPITRStorage-ByteHrs"),
    "dynamodb.reads": _one("AmazonDynamoDB", "ReadRequestUnits", operation="PayPerRequestThroughput"),
    "dynamodb.storage": _one("AmazonDynamoDB", "TimedStorage-ByteHrs"),
    "dynamodb.writes": _one("AmazonDynamoDB", "WriteRequestUnits", operation="PayPerRequestThroughput"),
    "ecr.storage": _one("AmazonECR", "TimedStorage-ByteHrs"),
    "kms.key": _one("awskms", "KMS-Keys"),
    "kms.requests": _one("awskms", "KMS-Requests"),
    "lambda.duration": _one("AWSLambda", "Lambda-GB-Second"),
    "lambda.duration_arm": _one("AWSLambda", "Lambda-GB-Second-ARM"),
    "lambda.requests": _one("AWSLambda", "Request-ARM"),
    "s3.get": _one("AmazonS3", "Requests-Tier2"),
    "s3.put": _one("AmazonS3", "Requests-Tier1"),
    "s3.storage": _one("AmazonS3", "TimedStorage-ByteHrs"),
    "sagemaker.serverless": _one("AmazonSageMaker", "ServerlessInf:Memory-1GB"),
    "secretsmanager.requests": _one("AWSSecretsManager", "AWSSecretsManagerAPIRequest"),
    "secretsmanager.secret": _one("AWSSecretsManager", "AWSSecretsManager-Secrets"),
    "sns.requests": _one("AmazonSNS", "Requests-Tier1"),
    "sqs.requests": _one("AWSQueueService", "Requests-RBP", queueType="Standard"),
    "states.transitions": _one("AmazonStates", "StateTransition"),
    "vpc.endpoint": _one("AmazonVPC", "VpcEndpoint-Hours"),
    "vpc.endpoint_data": _one("AmazonVPC", "VpcEndpoint-Bytes"),
}
# Instances: a family of products, of which every type becomes a price. The first group is the type.
INSTANCES: Mapping[str, tuple[str, str]] = {
    "sagemaker.hosting.": ("AmazonSageMaker", r"Host:(ml\.[a-z0-9-]+\.[a-z0-9]+)"),
    "sagemaker.training.": ("AmazonSageMaker", r"Train:(ml\.[a-z0-9-]+\.[a-z0-9]+)"),
    "sagemaker.transform.": ("AmazonSageMaker", r"Tsform:(ml\.[a-z0-9-]+\.[a-z0-9]+)"),
    "docdb.instance.": ("AmazonDocDB", r"InstanceUsage:(db\.[a-z0-9]+\.[a-z0-9]+)"),
}


def offers() -> list[str]:
    """The codes of all services, each once."""
    return sorted({product.offer for product in PRODUCTS.values()} | {offer for offer, _ in INSTANCES.values()})
