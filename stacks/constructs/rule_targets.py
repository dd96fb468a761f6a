"""Targets of EventBridge rules: what cannot be delivered is kept in a queue, which an alarm watches."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.constructs.acknowledgements import accept
from stacks.constructs.permissions import service_role

# EventBridge's own most, spelt out (user guide, "eb-rule-retry-policy"): 185 tries within a day.
_RETRIES, _MAX_AGE = 185, cdk.Duration.hours(24)


class RuleTargets(Construct):
    """Makes a stack's rule targets. key_arn: the key that encrypts the queue; None for one of SQS's own."""

    def __init__(self, scope: Construct, construct_id: str, *, key_arn: str | None) -> None:
        super().__init__(scope, construct_id)
        key = kms.Key.from_key_arn(self, "Key", key_arn) if key_arn else None
        # Each rule that names the queue is let in by its own statement of the queue's policy.
        self.queue = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        accept(self.queue, "SQS3", because="It is itself where events go that could not be delivered.")

    def machine(self, machine: sfn.IStateMachine) -> events.IRuleTarget:
        """Starts an execution with the whole event."""
        return targets.SfnStateMachine(
            machine,
            role=self._starter(machine),
            dead_letter_queue=self.queue,
            retry_attempts=_RETRIES,
            max_event_age=_MAX_AGE,
        )

    def _starter(self, machine: sfn.IStateMachine) -> iam.IRole:
        """What EventBridge starts a machine as. CDK's own role would trust it on behalf of any account.

        The account and not the rule (EventBridge user guide, "cross-service-confused-deputy-prevention"), which needs
        the role first.
        """
        name = "".join(machine.node.path.split("/")[1:])
        found = self.node.try_find_child(name)
        if isinstance(found, iam.Role):
            return found
        return service_role(self, name, service="events.amazonaws.com", description="Starts executions for events.")

    def function(self, function: lambda_.IFunction, *, event: Mapping[str, str] | None = None) -> events.IRuleTarget:
        """Invokes a function with `event`, or with the whole event."""
        return targets.LambdaFunction(
            function,
            event=events.RuleTargetInput.from_object(event) if event else None,
            dead_letter_queue=self.queue,
            retry_attempts=_RETRIES,
            max_event_age=_MAX_AGE,
        )
