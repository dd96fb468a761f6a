"""Lets a function ask for a challenger, and nothing else, of the Challenger stack."""

from __future__ import annotations

import json
from collections.abc import Sequence

import aws_cdk as cdk

from environments.settings import Settings
from stacks.shared.permissions import allow
from stacks.shared.python_function import PythonFunction

_TYPES = "cloudformation:ResourceTypes"
_STACK_ID = "The Challenger stack; the rest of its ARN is an id that AWS makes when it is created."


def may_change(function: PythonFunction, *, settings: Settings, resource_types: Sequence[str]) -> None:
    """Gives the function the variables of `lambda_src.ab_test.challenger` and what it needs.

    resource_types: of the Challenger stack; an update with others is not allowed (decision 56).
    """
    types, name = list(resource_types), settings.stack_name("Challenger")
    variables = {
        "CHALLENGER_STACK_NAME": name,
        "CHALLENGER_RESOURCE_TYPES": json.dumps(types),
        "CHALLENGER_ENDPOINT_NAME": settings.challenger_endpoint_name,
    }
    for key, value in variables.items():
        function.function.add_environment(key, value)
    stack = cdk.Stack.of(function)
    challenger = stack.format_arn(service="cloudformation", resource="stack", resource_name=f"{name}/*")
    # No iam:PassRole: CloudFormation keeps using the role that the stack was deployed with.
    allow(
        function.role,
        "cloudformation:UpdateStack",
        on=challenger,
        when={"ForAllValues:StringEquals": {_TYPES: types}, "Null": {_TYPES: "false"}},
        because=_STACK_ID,
    )
    allow(
        function.role,
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStackResources",
        "cloudformation:DescribeStacks",
        on=challenger,
        because=_STACK_ID,
    )
    endpoint = settings.challenger_endpoint_name
    allow(
        function.role,
        "sagemaker:DescribeEndpoint",
        on=stack.format_arn(service="sagemaker", resource="endpoint", resource_name=endpoint),
    )
