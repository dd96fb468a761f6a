"""An AWS budget that only alerts: what may start is decided by the ledger, before it costs anything (decision 97)."""

from __future__ import annotations

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct

from contracts.budget import spending

# Per cent of the limit: spent, and what the month will come to at this rate.
_SPENT, _FORECAST = 100, 100
_EARLY = 80


class Budget(Construct):
    """A budget in US dollars a month over the jobs that have the budget's tag; it alerts to the topic.

    It has no name of ours, and a change of its notifications replaces it (CloudFormation's `createOnlyProperties`).
    The tag counts once it is activated as a cost allocation tag ("Activating user-defined cost allocation tags" in AWS
    Billing's guide).
    """

    def __init__(self, scope: Construct, construct_id: str, *, usd: float, prefix: str, topic: sns.ITopic) -> None:
        super().__init__(scope, construct_id)
        budgets.CfnBudget(
            self,
            "Resource",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
                cost_filters={"TagKeyValue": [f"user:{spending.TAG}${prefix}"]},
            ),
            notifications_with_subscribers=[
                _alert(topic, kind="ACTUAL", percent=_EARLY),
                _alert(topic, kind="ACTUAL", percent=_SPENT),
                _alert(topic, kind="FORECASTED", percent=_FORECAST),
            ],
        )


def _alert(topic: sns.ITopic, *, kind: str, percent: int) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
    return budgets.CfnBudget.NotificationWithSubscribersProperty(
        notification=budgets.CfnBudget.NotificationProperty(
            notification_type=kind,
            comparison_operator="GREATER_THAN",
            threshold=percent,
            threshold_type="PERCENTAGE",
        ),
        subscribers=[budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)],
    )
