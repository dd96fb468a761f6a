"""Fails an update of the endpoint that SageMaker took back (decision 42)."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from stacks.deployment import Deployment
from stacks.shared.component_access import may_describe_component
from stacks.shared.permissions import allow
from stacks.shared.python_function import PythonFunction, answered_within

_TIMEOUT = cdk.Duration.minutes(15)


class RolloutCheck(Construct):
    """The function that compares the configuration that an environment's endpoint serves with the Serving stack's."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        stack, settings = cdk.Stack.of(self), deployment.settings
        function = PythonFunction(
            self,
            "Handler",
            deployment=deployment,
            folder="stack_resources/check_rollout",
            description="Compares the configuration that the endpoint serves with the stack's.",
            environment={},
            timeout=_TIMEOUT,
        )
        if settings.component_name is None:
            endpoint = stack.format_arn(service="sagemaker", resource="endpoint", resource_name=settings.endpoint_name)
            allow(function.role, "sagemaker:DescribeEndpoint", on=endpoint)
        may_describe_component(function.role, settings)
        allow(
            function.role,
            "cloudformation:DescribeStacks",
            on=stack.format_arn(
                service="cloudformation", resource="stack", resource_name=f"{settings.stack_name('Serving')}/*"
            ),
            because="The Serving stack; the rest of its ARN is an id that AWS makes when it is created.",
        )
        self.arn, self.role = function.arn, function.role


def checked(
    scope: Construct,
    construct_id: str,
    *,
    check_arn: str,
    after: cdk.CfnResource,
    properties: Mapping[str, str],
) -> None:
    """Has the function at `check_arn` look at what serves whenever the stack gave it something else to serve.

    after: the endpoint, or the inference component. properties: what it should serve, by the function's names.
    """
    check = cdk.CustomResource(
        scope,
        construct_id,
        service_token=check_arn,
        service_timeout=answered_within(_TIMEOUT),
        resource_type="Custom::RolloutCheck",
        properties=dict(properties),
    )
    check.node.add_dependency(after)
