"""The customer-managed key for everything that an environment stores, and who may use it besides the stacks' roles."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from stacks.base import RubricStack


def data_key(stack: RubricStack) -> kms.Key | None:
    """The key, `Key` of the stack; None where the settings ask for AWS's own keys.

    S3, DynamoDB, SQS and SageMaker ask KMS as their caller, whose role is allowed it; log groups, alarms and rules have
    none.
    """
    if stack.settings.data.encryption != "kms":
        return None
    key = kms.Key(
        stack,
        "Key",
        description=f"Encrypts everything that {stack.settings.prefix} stores.",
        enable_key_rotation=True,
        pending_window=cdk.Duration.days(7),
        removal_policy=stack.deployment.removal_policy,
    )
    _for_log_groups(stack, key)
    _for_alarms(stack, key)
    _for_rules(stack, key)
    if stack.settings.cost.monthly_budget_usd is not None:
        _for_budgets(stack, key)
    return key


def _for_log_groups(stack: RubricStack, key: kms.Key) -> None:
    """CloudWatch Logs guide, "encrypt-log-data-kms": the service itself, for log groups of this account and region."""
    groups = stack.format_arn(
        service="logs", resource="log-group", resource_name="*", arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="LogGroups",
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.{stack.url_suffix}")],
            actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
            resources=["*"],
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        )
    )


def _for_alarms(stack: RubricStack, key: kms.Key) -> None:
    """SNS guide, "sns-key-management": what publishes to an encrypted topic, here CloudWatch for its alarms."""
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Alarms",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
        )
    )


def _for_rules(stack: RubricStack, key: kms.Key) -> None:
    """SQS guide, "sqs-key-management": what sends to an encrypted queue, here EventBridge what it could not deliver."""
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Rules",
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
        )
    )


def _for_budgets(stack: RubricStack, key: kms.Key) -> None:
    """Budgets' guide, "budgets-sns-policy": what publishes to an encrypted topic, here AWS Budgets."""
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Budgets",
            principals=[iam.ServicePrincipal("budgets.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
        )
    )
