"""What a price is called, and the unit that it is for. No I/O.

Instances have a price for each use and type: `sagemaker.hosting.ml.c7i.large`, US dollars an hour.
"""

from __future__ import annotations

from typing import Final

HOSTING: Final = "sagemaker.hosting."
TRAINING: Final = "sagemaker.training."
TRANSFORM: Final = "sagemaker.transform."
DATABASE: Final = "docdb.instance."
SERVERLESS: Final = "sagemaker.serverless"
_BY_THE_HOUR = (HOSTING, TRAINING, TRANSFORM, DATABASE)

# What one of each is, as a bill counts it.
UNITS: Final = {
    "apigateway.http_requests": "request",
    "cloudwatch.alarm": "alarm metric a month",
    "cloudwatch.alarm_high_resolution": "alarm metric a month",
    "cloudwatch.dashboard": "dashboard a month",
    "cloudwatch.logs_ingested": "GB",
    "cloudwatch.logs_stored": "GB a month",
    "cloudwatch.metric": "metric a month",
    "codebuild.small_minutes": "minute",
    "docdb.io": "request",
    "docdb.storage": "GB a month",
    "dynamodb.pitr": "GB a month",
    "dynamodb.reads": "read unit",
    "dynamodb.storage": "GB a month",
    "dynamodb.writes": "write unit",
    "ecr.storage": "GB a month",
    "kms.key": "key a month",
    "kms.requests": "request",
    "lambda.duration": "GB-second",
    "lambda.duration_arm": "GB-second",
    "lambda.requests": "request",
    "s3.get": "request",
    "s3.put": "request",
    "s3.storage": "GB a month",
    SERVERLESS: "GB-second",
    "secretsmanager.requests": "call",
    "secretsmanager.secret": "secret a month",
    "sns.requests": "request",
    "sqs.requests": "request",
    "states.transitions": "transition",
    "vpc.endpoint": "hour in a zone",
    "vpc.endpoint_data": "GB",
}


def of(key: str) -> str:
    """The unit. Raises KeyError for a name that is none."""
    return "hour" if key.startswith(_BY_THE_HOUR) else UNITS[key]
