"""The promotion machine and the function that runs its steps."""

from __future__ import annotations

import json
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_events as events
from constructs import Construct

from contracts.deployment import buckets
from contracts.deployment.pipeline import Action
from contracts.serving import wakes
from environments.settings import Settings
from stacks.deployment import Deployment
from stacks.serving.endpoint_metrics import VARIANT
from stacks.shared.component_access import may_describe_component, may_wake_component
from stacks.shared.permissions import allow, use_key
from stacks.shared.python_function import PythonFunction
from stacks.shared.rule_targets import RuleTargets
from stacks.shared.sagemaker_role import may_read
from stacks.shared.state_machine import StateMachine, execution_arn, machine_arn, machine_role
from stacks.stores import Stores
from stacks.training.machines import promotion

_TYPES = "cloudformation:ResourceTypes"
_STACK_ID = "The Serving stack; the rest of its ARN is an id that AWS makes when it is created."


class Promotion(Construct):
    """Sets the approved-model parameter and updates the Serving stack with its own template."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        stores: Stores,
        name: str,
        group: str,
        alarms: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = deployment.settings
        self._group = group
        self._function = PythonFunction(
            self,
            "Promote",
            deployment=deployment,
            folder="pipeline/promote",
            description="Sets the approved model and updates the Serving stack.",
            environment={
                "APPROVED_MODEL_PARAMETER": self._settings.approved_model_parameter,
                "APPROVALS_PATH": self._settings.approvals_path,
                "PROMOTIONS_PATH": self._settings.promotions_path,
                "SERVING_STACK_NAME": self._settings.stack_name("Serving"),
                "MODEL_PACKAGE_GROUP": group,
                "ARTIFACT_BUCKET": stores.artifacts.name,
                **self._watching(alarms, machine_name=name),
                **_measuring_wakes(self._settings, stores=stores),
            },
            # It reads the whole artifact to verify it, at the speed that the memory's share of network gives.
            timeout=cdk.Duration.minutes(5),
            memory_mb=1024,
        )
        self.function_arn, self.function_name = self._function.arn, self._function.function.function_name
        self._permissions()
        self._may_verify(stores)
        self._may_take_turns(machine_name=name)
        self._may_watch(alarms, machine_name=name)
        self._may_wake(stores)
        role = machine_role(self, "Role", description="Promotes models.")
        allow(role, "lambda:InvokeFunction", on=self._function.arn)
        serving = self._settings.serving
        # Look a few times during a rollout's wait, at least every half minute.
        poll_seconds = min(30, max(2, serving.canary_wait_seconds // 4))
        patience = promotion.Patience(rollout_seconds=serving.longest_rollout_seconds, poll_seconds=poll_seconds)
        self.timeout = cdk.Duration.seconds(patience.timeout_seconds)
        definition = promotion.definition(promote_arn=self._function.arn, patience=patience)
        self.machine = StateMachine(self, "Machine", name=name, definition=definition, role=role, timeout=self.timeout)

    def _watching(self, alarms: Sequence[str], *, machine_name: str) -> dict[str, str]:
        """What the function knows of the rollback alarms and of how many requests test a model."""
        serving = self._settings.serving
        if not alarms:
            return {}
        watching = {
            "ENDPOINT_NAME": self._settings.endpoint_name,
            "VARIANT": VARIANT,
            "ROLLBACK_ALARMS": json.dumps(list(alarms)),
        }
        if serving.canary_min_requests:
            watching["CANARY_MIN_REQUESTS"] = str(serving.canary_min_requests)
        if serving.armed_minutes:
            watching["ARMED_MINUTES"] = str(serving.armed_minutes)
            watching["PROMOTION_ARN"] = machine_arn(self, machine_name)
        return watching

    def _may_watch(self, alarms: Sequence[str], *, machine_name: str) -> None:
        """Ask for the rollback alarms; count a new model's requests; start a rollback."""
        stack, role, serving = cdk.Stack.of(self), self._function.role, self._settings.serving
        if alarms:
            arns = [
                stack.format_arn(
                    service="cloudwatch",
                    resource="alarm",
                    resource_name=name,
                    arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                )
                for name in alarms
            ]
            allow(role, "cloudwatch:DescribeAlarms", on=arns)
        if serving.canary_min_requests:
            because = "The action has no resource types (CloudWatch's service authorization reference)."
            allow(role, "cloudwatch:GetMetricStatistics", on="*", because=because)
        if serving.armed_minutes:
            allow(role, "states:StartExecution", on=machine_arn(self, machine_name))

    def _may_wake(self, stores: Stores) -> None:
        """Wake a model that sleeps before its rollout, and measure its wakes."""
        settings, role = self._settings, self._function.role
        if settings.component_name is None:
            return
        may_describe_component(role, settings)
        may_wake_component(role, settings)
        # Of the log's items only the one with the wakes.
        own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [wakes.ITEM_ID]}}
        allow(role, "dynamodb:GetItem", "dynamodb:UpdateItem", on=stores.request_log.arn, when=own)
        if _may_close(settings):
            because = "The action takes no resource (Application Auto Scaling's service authorization reference)."
            allow(role, "application-autoscaling:DescribeScalableTargets", on="*", because=because)

    def on_approval(self, targets: RuleTargets) -> events.Rule:
        """Promote each model that a person approves in the registry.

        Every state of a package is of interest: that it waited for approval before is what makes an approval news.
        """
        parameters = f"{self._settings.approvals_path.removeprefix('/')}/*"
        allow(
            self._function.role,
            "ssm:GetParameter",
            "ssm:PutParameter",
            on=cdk.Stack.of(self).format_arn(service="ssm", resource="parameter", resource_name=parameters),
            because="One for each version of this environment's models.",
        )
        return events.Rule(
            self,
            "Approved",
            description=f"A model of {self._group} was registered, approved, rejected or edited.",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Package State Change"],
                detail={"ModelPackageGroupName": [self._group]},
            ),
            # The whole event: an input transformer fails where a path is missing, and not every event has every field.
            targets=[targets.machine(self.machine.machine)],
        )

    def reconcile(self, targets: RuleTargets) -> events.Rule:
        """Checks every minute that the approved model is the one that serves, and corrects it if no promotion runs."""
        return events.Rule(
            self,
            "Reconcile",
            description="Compares the approved model with the one that serves.",
            schedule=events.Schedule.rate(cdk.Duration.minutes(1)),
            targets=[targets.function(self._function.function, event={"action": Action.SETTLE})],
        )

    def _may_verify(self, stores: Stores) -> None:
        """Find an artifact's model package and read the artifact."""
        stack, role = cdk.Stack.of(self), self._function.role
        groups = stack.format_arn(service="sagemaker", resource="model-package-group", resource_name=self._group)
        packages = stack.format_arn(service="sagemaker", resource="model-package", resource_name=f"{self._group}/*")
        allow(
            role,
            "sagemaker:ListModelPackages",
            on=[groups, packages],
            because="Versions of this environment's own group; AWS's own examples name both.",
        )
        may_read(
            role,
            bucket_arn=stores.artifacts.arn,
            prefixes=[buckets.MODELS],
            because="Each promotion is of another model.",
        )
        allow(
            role,
            "s3:PutObject",
            on=f"{stores.artifacts.arn}/{buckets.PROMOTIONS}*",
            because="An object for each promotion whose parameter is deleted.",
        )
        use_key(role, stores.key_arn)

    def may_update(self, resource_types: Sequence[str]) -> None:
        """Let it update the Serving stack, with resources of these types only, also if the template has others.

        Null requires the list: without one, ForAllValues holds of nothing (CloudFormation user guide,
        "control-access-with-iam"; IAM user guide, "reference_policies_condition-single-vs-multi-valued-context-keys").
        """
        types = list(resource_types)
        self._function.function.add_environment("SERVING_RESOURCE_TYPES", json.dumps(types))
        # No iam:PassRole: CloudFormation keeps using the role that the stack was deployed with.
        allow(
            self._function.role,
            "cloudformation:UpdateStack",
            on=self._serving_stack,
            when={"ForAllValues:StringEquals": {_TYPES: types}, "Null": {_TYPES: "false"}},
            because=_STACK_ID,
        )

    @property
    def _serving_stack(self) -> str:
        name = f"{self._settings.stack_name('Serving')}/*"
        return cdk.Stack.of(self).format_arn(service="cloudformation", resource="stack", resource_name=name)

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
        allow(
            role,
            "cloudformation:DescribeStacks",
            "cloudformation:DescribeStackEvents",
            on=self._serving_stack,
            because=_STACK_ID,
        )
        allow(
            role,
            "sagemaker:DescribeEndpoint",
            on=stack.format_arn(service="sagemaker", resource="endpoint", resource_name=self._settings.endpoint_name),
        )
        for action, resource in (("DescribeEndpointConfig", "endpoint-config"), ("DescribeModel", "model")):
            allow(
                role,
                f"sagemaker:{action}",
                on=stack.format_arn(service="sagemaker", resource=resource, resource_name="*"),
                because="CloudFormation names the configuration and the model that serve.",
            )
        allow(
            role,
            "sagemaker:DescribeModelPackage",
            on=stack.format_arn(service="sagemaker", resource="model-package", resource_name=f"{self._group}/*"),
            because="Versions of this environment's own group.",
        )

    def _may_take_turns(self, *, machine_name: str) -> None:
        """One promotion at a time: each is recorded, and holds its turn while its execution runs."""
        stack = cdk.Stack.of(self)
        role = self._function.role
        path = self._settings.promotions_path.removeprefix("/")
        below = stack.format_arn(service="ssm", resource="parameter", resource_name=f"{path}/*")
        because = "One for each promotion of this environment."
        allow(role, "ssm:PutParameter", "ssm:DeleteParameter", on=below, because=because)
        # The permission reference does not state whether the check is on the path itself or on the parameters below it.
        itself = stack.format_arn(service="ssm", resource="parameter", resource_name=path)
        allow(role, "ssm:GetParametersByPath", on=[itself, below], because=because)
        allow(
            role,
            "states:DescribeExecution",
            on=f"{execution_arn(self, machine_name)}:*",
            because="Executions of this one machine; each has a name of its own.",
        )


def _may_close(settings: Settings) -> bool:
    """Whether the schedule may let no request wake the model."""
    return any(entry.max_instances == 0 for entry in settings.serving.schedule or [])


def _measuring_wakes(settings: Settings, *, stores: Stores) -> dict[str, str]:
    if settings.component_name is None:
        return {}
    closes = {"MAY_CLOSE": "1"} if _may_close(settings) else {}
    return {"COMPONENT_NAME": settings.component_name, "REQUEST_LOG_TABLE": stores.request_log.name, **closes}
