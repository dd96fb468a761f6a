"""How the API's functions refer to the trained model: its endpoint, and the approved-model parameter."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from contracts.deployment import buckets
from environments.settings import Settings
from stacks.shared.permissions import allow
from stacks.stores import Stores


def endpoint_variables(settings: Settings) -> dict[str, str]:
    """The environment variables of a function that asks the endpoint."""
    component = {} if settings.component_name is None else {"COMPONENT_NAME": settings.component_name}
    return {"ENDPOINT_NAME": settings.endpoint_name, **component}


def allow_endpoint(role: iam.Role, settings: Settings) -> None:
    """Let a role ask the endpoint."""
    arn = cdk.Stack.of(role).format_arn(service="sagemaker", resource="endpoint", resource_name=settings.endpoint_name)
    allow(role, "sagemaker:InvokeEndpoint", on=arn)


def challenger_variables(settings: Settings) -> dict[str, str]:
    """The environment variable of a function that asks the challenger's endpoint while a live A/B test runs."""
    return {"CHALLENGER_ENDPOINT_NAME": settings.challenger_endpoint_name}


def allow_challenger(role: iam.Role, settings: Settings) -> None:
    """Let a role ask the challenger's endpoint."""
    name = settings.challenger_endpoint_name
    arn = cdk.Stack.of(role).format_arn(service="sagemaker", resource="endpoint", resource_name=name)
    allow(role, "sagemaker:InvokeEndpoint", on=arn)


def parameter_variables(settings: Settings) -> dict[str, str]:
    """The environment variable of a function that reads which model is approved."""
    return {"APPROVED_MODEL_PARAMETER": settings.approved_model_parameter}


def allow_parameter(role: iam.Role, settings: Settings) -> None:
    """Let a role read which model is approved."""
    parameter = settings.approved_model_parameter.removeprefix("/")
    arn = cdk.Stack.of(role).format_arn(service="ssm", resource="parameter", resource_name=parameter)
    allow(role, "ssm:GetParameter", on=arn)


def evaluation_variables(settings: Settings, *, stores: Stores) -> dict[str, str]:
    """The environment variables of a function that reads the approved model's evaluation."""
    return {**parameter_variables(settings), "ARTIFACT_BUCKET": stores.artifacts.name}


def allow_evaluation(role: iam.Role, settings: Settings, *, stores: Stores) -> None:
    """Let a role read which model is approved, and its evaluation."""
    allow_parameter(role, settings)
    allow(
        role,
        "s3:GetObject",
        on=f"{stores.artifacts.arn}/{buckets.evaluation('*')}",
        because="Each promotion serves another model, whose evaluation is under the name of its training job.",
    )
