"""The topic that alarms go to."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class AlarmTopic(sns.Topic):
    """A topic over TLS only, that CloudWatch alarms of this account may publish to.

    key_arn: a key whose policy lets CloudWatch use it; None for a topic that is not encrypted.
    """

    def __init__(self, scope: Construct, construct_id: str, *, email: str | None, key_arn: str | None) -> None:
        key = kms.Key.from_key_arn(scope, f"{construct_id}Key", key_arn) if key_arn else None
        super().__init__(scope, construct_id, display_name="Rubric alarms", enforce_ssl=True, master_key=key)
        # Our own policy replaces SNS's default one, which lets the account's alarms publish.
        self.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            )
        )
        if email is not None:
            self.add_subscription(subscriptions.EmailSubscription(email))

    def take_budgets(self) -> None:
        """Let AWS budgets of this account publish, too; decision 97 says what of that is not verified."""
        self.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("budgets.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            )
        )
