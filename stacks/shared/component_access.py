"""What a role may do with the inference component that is an environment's model."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from environments.settings import Settings
from stacks.shared.permissions import allow


def may_describe_component(role: iam.Role, settings: Settings) -> None:
    """Let a role see which model the component serves and how many copies it has; nothing where there is none."""
    _allow(role, settings, "sagemaker:DescribeInferenceComponent")


def may_wake_component(role: iam.Role, settings: Settings) -> None:
    """Let a role ask for a copy; nothing where there is no component."""
    _allow(role, settings, "sagemaker:UpdateInferenceComponentRuntimeConfig")


def _allow(role: iam.Role, settings: Settings, action: str) -> None:
    name = settings.component_name
    if name is not None:
        stack = cdk.Stack.of(role)
        allow(
            role, action, on=stack.format_arn(service="sagemaker", resource="inference-component", resource_name=name)
        )
