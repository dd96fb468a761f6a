"""The custom resource that, on the first deploy, trains a model and waits for it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from constructs import Construct

from environments.aws.first_deploy import WAIT_MINUTES
from stacks.deployment import Deployment
from stacks.shared.permissions import allow, keep_waiting
from stacks.shared.python_function import PythonFunction
from stacks.shared.rule_targets import RuleTargets
from stacks.shared.state_machine import StateMachine, execution_arn, machine_arn, machine_role, may_run_machine
from stacks.training.machines import first_model

# The machine ends before CloudFormation gives up, early enough to report the reason.
_TO_ANSWER_SECONDS = 30


class FirstModel(Construct):
    """Answers at once where a model is approved, and never trains on an update."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        pipeline: StateMachine,
        pipeline_name: str,
        targets: RuleTargets,
    ) -> None:
        super().__init__(scope, construct_id)
        name = f"{deployment.settings.prefix}-first-model"
        handler = self._make_handler(deployment, machine=name)
        self.machine = self._make_machine(handler, name=name, pipeline=pipeline, pipeline_name=pipeline_name)
        ended = self._make_rule(handler, targets, machine=name)
        targets.keep_failures(handler)
        self.resource = cdk.CustomResource(
            self,
            "Resource",
            service_token=handler.arn,
            service_timeout=cdk.Duration.minutes(WAIT_MINUTES),
            resource_type="Custom::FirstModel",
            properties={"StateMachineArn": self.machine.arn},
        )
        self.resource.node.add_dependency(self.machine, pipeline, handler, ended)

    def _make_handler(self, deployment: Deployment, *, machine: str) -> PythonFunction:
        settings = deployment.settings
        handler = PythonFunction(
            self,
            "Handler",
            deployment=deployment,
            folder="stack_resources/first_model",
            description="Starts the first training and tells CloudFormation how it ended.",
            environment={
                "APPROVED_MODEL_PARAMETER": settings.approved_model_parameter,
                "WAITING_PARAMETER": settings.waiting_parameter("first-model"),
            },
            timeout=cdk.Duration.minutes(2),  # for an answer that is hard to deliver: it is not asked again
        )
        # By its name: the machine itself needs the function.
        allow(handler.role, "states:StartExecution", on=machine_arn(self, machine))
        parameter = settings.approved_model_parameter.removeprefix("/")
        allow(
            handler.role,
            "ssm:GetParameter",
            on=cdk.Stack.of(self).format_arn(service="ssm", resource="parameter", resource_name=parameter),
        )
        keep_waiting(handler.role, settings.waiting_parameter("first-model"))
        return handler

    def _make_machine(
        self, handler: PythonFunction, *, name: str, pipeline: StateMachine, pipeline_name: str
    ) -> StateMachine:
        role = machine_role(self, "Role", description="Runs the training pipeline for the first deploy.")
        allow(role, "lambda:InvokeFunction", on=handler.arn)
        may_run_machine(role, machine_arn=pipeline.arn, execution_arn=execution_arn(self, pipeline_name))
        definition = first_model.definition(
            partition=cdk.Stack.of(self).partition,
            pipeline_arn=pipeline.arn,
            pipeline_execution_arn=execution_arn(self, pipeline_name),
            first_model_arn=handler.arn,
        )
        timeout = cdk.Duration.seconds(WAIT_MINUTES * 60 - _TO_ANSWER_SECONDS)
        return StateMachine(self, "Runner", name=name, definition=definition, role=role, timeout=timeout)

    def _make_rule(self, handler: PythonFunction, targets: RuleTargets, *, machine: str) -> events.Rule:
        """The machine answers on its own, unless it is stopped, out of time, or cannot call the function.

        Step Functions tells of an end with best effort (EventBridge reference, "events-ref-states"): where that is lost
        too, ServiceTimeout ends the wait.
        """
        return events.Rule(
            self,
            "Ended",
            description=f"An execution of {machine} has ended without a model.",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [machine_arn(self, machine)],
                    "status": ["ABORTED", "FAILED", "TIMED_OUT"],
                },
            ),
            targets=[targets.function(handler.function)],
        )
