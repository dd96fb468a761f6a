"""The promotion machine and the function that does its steps."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from stacks.constructs.permissions import allow
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.state_machine import StateMachine, machine_role
from stacks.deployment import Deployment
from stacks.machines import promotion


class Promotion(Construct):
    """Sets the approved-model parameter and updates the Serving stack with its own template."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, name: str, group: str) -> None:
        super().__init__(scope, construct_id)
        self._settings = deployment.settings
        self._group = group
        self._function = PythonFunction(
            self,
            "Promote",
            deployment=deployment,
            name="promote",
            description="Sets the approved model and updates the Serving stack.",
            environment={
                "APPROVED_MODEL_PARAMETER": self._settings.approved_model_parameter,
                "SERVING_STACK_NAME": self._settings.stack_name("Serving"),
            },
            timeout=cdk.Duration.seconds(60),
        )
        self._permissions()
        role = machine_role(self, "Role", description="Promotes models.")
        allow(role, "lambda:InvokeFunction", on=self._function.arn)
        definition = promotion.definition(promote_arn=self._function.arn, poll_seconds=self._poll_seconds())
        self.machine = StateMachine(
            self, "Machine", name=name, definition=definition, role=role, timeout=cdk.Duration.hours(4)
        )

    def on_approval(self) -> events.Rule:
        """Promote whatever a person approves in the registry."""
        return events.Rule(
            self,
            "Approved",
            description=f"A model of {self._group} was approved.",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Package State Change"],
                detail={"ModelPackageGroupName": [self._group], "ModelApprovalStatus": ["Approved"]},
            ),
            targets=[
                targets.SfnStateMachine(
                    self.machine.machine,
                    input=events.RuleTargetInput.from_object(
                        {"model_package_arn": events.EventField.from_path("$.detail.ModelPackageArn")}
                    ),
                )
            ],
        )

    def _poll_seconds(self) -> int:
        """Look a few times during a rollout's wait, at least every half minute."""
        return min(30, max(2, self._settings.serving.canary_wait_seconds // 4))

    def _permissions(self) -> None:
        stack = cdk.Stack.of(self)
        role = self._function.role
        parameter = self._settings.approved_model_parameter.removeprefix("/")
        allow(
            role,
            "ssm:GetParameter",
            "ssm:GetParameters",
            "ssm:PutParameter",
            "ssm:DeleteParameter",
            on=stack.format_arn(service="ssm", resource="parameter", resource_name=parameter),
        )
        # No iam:PassRole: CloudFormation goes on using the role that the stack was deployed with.
        allow(
            role,
            "cloudformation:DescribeStacks",
            "cloudformation:DescribeStackEvents",
            "cloudformation:UpdateStack",
            on=stack.format_arn(
                service="cloudformation", resource="stack", resource_name=f"{self._settings.stack_name('Serving')}/*"
            ),
            because="The Serving stack; the rest of its ARN is an id that AWS makes when it is created.",
        )
        allow(
            role,
            "sagemaker:DescribeModelPackage",
            on=stack.format_arn(service="sagemaker", resource="model-package", resource_name=f"{self._group}/*"),
            because="Versions of this environment's own group.",
        )
