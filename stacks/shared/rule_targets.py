"""Targets of EventBridge rules. A queue, with an alarm, keeps events that cannot be delivered or that fail."""

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

from stacks.shared.acknowledgements import accept
from stacks.shared.permissions import allow, service_role, use_key
from stacks.shared.python_function import PythonFunction

# EventBridge's own maximum, written out (user guide, "eb-rule-retry-policy"): 185 tries within a day.
_RETRIES, _MAX_AGE = 185, cdk.Duration.hours(24)
# CloudFormation waits no longer than this for a custom resource, so no later event may start its work.
_OLDEST_SECONDS = 3600


class RuleTargets(Construct):
    """Creates a stack's rule targets. key_arn: the key that encrypts the queue; None for SQS's own."""

    def __init__(self, scope: Construct, construct_id: str, *, key_arn: str | None) -> None:
        super().__init__(scope, construct_id)
        self._key_arn = key_arn
        key = kms.Key.from_key_arn(self, "Key", key_arn) if key_arn else None
        # A statement of the queue's policy admits each rule that names the queue.
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
        """The role with which EventBridge starts a machine. CDK's own would trust EventBridge on behalf of any account.

        It trusts the account and not the rule (EventBridge user guide, "cross-service-confused-deputy-prevention"),
        because the rule needs the role first.
        """
        name = "".join(machine.node.path.split("/")[1:])
        role = self.node.try_find_child(name)
        if isinstance(role, iam.Role):
            return role
        return service_role(self, name, service="events.amazonaws.com", description="Starts executions for events.")

    def keep_failures(self, function: PythonFunction) -> None:
        """Events that a function fails to handle go to the queue as well, after Lambda's three tries.

        Lambda sends them with the function's role (Lambda developer guide, "invocation-async-retain-records"). A custom
        resource's request, with the URL that answers it, would be kept too; these functions never fail
        (cfn_response.always, `insists`), so only a request that crashed three times is kept.
        """
        allow(function.role, "sqs:SendMessage", on=self.queue.queue_arn)
        use_key(function.role, self._key_arn)
        destination = lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self.queue.queue_arn)
        config = lambda_.CfnEventInvokeConfig(
            function,
            "Failures",
            function_name=function.function.function_name,
            qualifier="$LATEST",
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(on_failure=destination),
            maximum_event_age_in_seconds=_OLDEST_SECONDS,
        )
        # Lambda checks whether the role may send.
        config.node.add_dependency(function.role)

    def function(self, function: lambda_.IFunction, *, event: Mapping[str, str] | None = None) -> events.IRuleTarget:
        """Invokes a function with `event`, or with the whole event."""
        return targets.LambdaFunction(
            function,
            event=events.RuleTargetInput.from_object(event) if event else None,
            dead_letter_queue=self.queue,
            retry_attempts=_RETRIES,
            max_event_age=_MAX_AGE,
        )
