"""A state machine with its own role and log group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.shared.acknowledgements import accept
from stacks.shared.log_group import log_group
from stacks.shared.permissions import allow, service_role

# Step Functions uses its own rules to learn that a job or an execution has ended.
JOB_RULE = "StepFunctionsGetEventsForSageMakerTrainingJobsRule"
EXECUTION_RULE = "StepFunctionsGetEventsForStepFunctionsExecutionRule"


def execution_arn(scope: Construct, machine_name: str) -> str:
    """The part before `:<execution name>` in the ARNs of a machine's executions."""
    return _arn(scope, resource="execution", name=machine_name)


def machine_arn(scope: Construct, machine_name: str) -> str:
    """A machine's ARN from its name, for constructs on which the machine itself depends."""
    return _arn(scope, resource="stateMachine", name=machine_name)


class StateMachine(Construct):
    """A state machine from a definition in the Amazon States Language. Grant its `role` what the states call."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        definition: Mapping[str, Any],
        timeout: cdk.Duration,
        role: iam.Role,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        # A name under /aws/vendedlogs keeps the account's resource policy for log delivery from filling up.
        group = log_group(self, "Logs", log_group_name=f"/aws/vendedlogs/states/{name}")
        # CDK ignores its `timeout` when the definition is a string.
        limited = {**definition, "TimeoutSeconds": timeout.to_seconds()}
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            definition_body=sfn.DefinitionBody.from_string(cdk.Stack.of(self).to_json_string(limited)),
            role=role,
            logs=sfn.LogOptions(destination=group, level=sfn.LogLevel.ALL, include_execution_data=True),
            tracing_enabled=True,
        )
        self.role = role
        accept(
            role,
            "IAM5[Resource::*]",
            because="Log delivery and X-Ray take no resource; CDK adds both for logs and tracing.",
        )

    @property
    def arn(self) -> str:
        """The machine's ARN."""
        return self.machine.state_machine_arn


def machine_role(scope: Construct, construct_id: str, *, description: str) -> iam.Role:
    """A role for a state machine, without any permission yet."""
    return service_role(scope, construct_id, service="states.amazonaws.com", description=description)


def may_run_machine(role: iam.Role, *, machine_arn: str, execution_arn: str) -> None:
    """Let a state machine run another one and wait for its end."""
    allow(role, "states:StartExecution", on=machine_arn)
    allow(
        role,
        "states:DescribeExecution",
        "states:StopExecution",
        on=f"{execution_arn}:*",
        because="Executions of that one machine; each has a name of its own.",
    )
    may_hear(role, EXECUTION_RULE)


def may_hear(role: iam.Role, rule: str) -> None:
    """Let a state machine use one of Step Functions' own event rules."""
    arn = cdk.Stack.of(role).format_arn(service="events", resource="rule", resource_name=rule)
    allow(role, "events:PutTargets", "events:PutRule", "events:DescribeRule", on=arn)


def _arn(scope: Construct, *, resource: str, name: str) -> str:
    return cdk.Stack.of(scope).format_arn(
        service="states", resource=resource, resource_name=name, arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
    )
