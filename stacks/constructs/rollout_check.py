"""Fails an update of the endpoint that SageMaker took back (decision 42)."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.constructs.permissions import allow
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.rollback_alarms import RollbackAlarms
from stacks.deployment import Deployment


class RolloutCheck(Construct):
    """A custom resource that comes after the endpoint and compares what serves with what should."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        endpoint: sagemaker.CfnEndpoint,
        config_name: str,
        alarms: RollbackAlarms | None,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        name = deployment.settings.endpoint_name
        timeout = cdk.Duration.minutes(15)
        function = PythonFunction(
            self,
            "Handler",
            deployment=deployment,
            name="check_rollout",
            description="Compares the configuration that the endpoint serves with the stack's.",
            environment={},
            timeout=timeout,
        )
        allow(
            function.role,
            "sagemaker:DescribeEndpoint",
            on=stack.format_arn(service="sagemaker", resource="endpoint", resource_name=name),
        )
        allow(function.role, "cloudformation:DescribeStacks", on=stack.stack_id)
        if alarms is not None:
            alarms.visible_to(function.role)
        check = cdk.CustomResource(
            self,
            "Resource",
            service_token=function.arn,
            service_timeout=timeout,
            resource_type="Custom::RolloutCheck",
            properties={"EndpointName": name, "EndpointConfigName": config_name},
        )
        check.node.add_dependency(endpoint)
