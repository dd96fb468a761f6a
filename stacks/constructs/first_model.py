"""The custom resource that, on the first deploy, trains a model and waits for it."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from environments.first_deploy import WAIT_MINUTES
from stacks.constructs.permissions import allow, keep_waiting
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.state_machine import StateMachine, execution_arn, machine_arn, machine_role, may_run_machine
from stacks.deployment import Deployment
from stacks.machines import first_model


class FirstModel(Construct):
    """Answers at once where a model is approved, and never trains on an update."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, pipeline: StateMachine, pipeline_name: str
    ) -> None:
        super().__init__(scope, construct_id)
        settings = deployment.settings
        name = f"{settings.prefix}-first-model"
        stack = cdk.Stack.of(self)
        handler = PythonFunction(
            self,
            "Handler",
            deployment=deployment,
            name="first_model",
            description="Starts the first training and tells CloudFormation how it ended.",
            environment={
                "APPROVED_MODEL_PARAMETER": settings.approved_model_parameter,
                "WAITING_PARAMETER": settings.waiting_parameter("first-model"),
            },
            timeout=cdk.Duration.seconds(30),
        )
        # By its name: the machine itself needs the function.
        allow(handler.role, "states:StartExecution", on=machine_arn(self, name))
        parameter = settings.approved_model_parameter.removeprefix("/")
        allow(
            handler.role,
            "ssm:GetParameter",
            on=stack.format_arn(service="ssm", resource="parameter", resource_name=parameter),
        )
        keep_waiting(handler.role, settings.waiting_parameter("first-model"))
        role = machine_role(self, "Role", description="Runs the training pipeline for the first deploy.")
        allow(role, "lambda:InvokeFunction", on=handler.arn)
        may_run_machine(role, machine_arn=pipeline.arn, execution_arn=execution_arn(self, pipeline_name))
        definition = first_model.definition(
            partition=stack.partition,
            pipeline_arn=pipeline.arn,
            pipeline_execution_arn=execution_arn(self, pipeline_name),
            first_model_arn=handler.arn,
        )
        self.machine = StateMachine(
            self, "Runner", name=name, definition=definition, role=role, timeout=cdk.Duration.hours(6)
        )
        self.resource = cdk.CustomResource(
            self,
            "Resource",
            service_token=handler.arn,
            service_timeout=cdk.Duration.minutes(WAIT_MINUTES),
            resource_type="Custom::FirstModel",
            properties={"StateMachineArn": self.machine.arn},
        )
        self.resource.node.add_dependency(self.machine, pipeline)
