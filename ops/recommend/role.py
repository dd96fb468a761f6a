"""The IAM role for Inference Recommender: its trust policy and permissions."""

from __future__ import annotations

from typing import Any

from contracts.deployment import buckets, stack_outputs
from ops.deployment.cloud import Cloud

MANAGED_POLICY = "iam::aws:policy/AmazonSageMakerFullAccess"  # AWS lists it as the prerequisite


def documents(cloud: Cloud) -> dict[str, Any]:
    """The documents for `aws iam create-role`, `attach-role-policy` and `put-role-policy`.

    The managed policy allows reading only buckets with `sagemaker` in their names, so the inline one adds ours.
    """
    bucket = cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME)
    partition = cloud.partition
    arn = f"arn:{partition}:s3:::{bucket}"
    readable = [f"{arn}/{buckets.MODELS}*", f"{arn}/{buckets.RECOMMEND}*"]
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn},
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": readable,
        },
    ]
    if cloud.settings.data.encryption == "kms":
        statements.append({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": _key(cloud, bucket)})
    # SageMaker's guide, "security-confused-deputy-prevention"; it has no section on Inference Recommender's jobs.
    account = cloud.client("sts").get_caller_identity()["Account"]
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:{partition}:sagemaker:{cloud.settings.region}:{account}:*"}},
    }
    return {
        "trust_policy": {"Version": "2012-10-17", "Statement": [trust]},
        "managed_policy": f"arn:{partition}:{MANAGED_POLICY}",
        "inline_policy": {"Version": "2012-10-17", "Statement": statements},
    }


def _key(cloud: Cloud, bucket: str) -> str:
    rules = cloud.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    return str(rules[0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"])
