"""The Serving stack: the approved model behind an endpoint."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from constructs import Construct

from contracts.deployment import stack_outputs
from contracts.deployment.pipeline import GUARDED, UNGUARDED
from stacks.base import RubricStack
from stacks.deployment import Deployment
from stacks.serving.autoscaling import EndpointAutoscaling
from stacks.serving.base import ServingNames
from stacks.serving.component import ModelComponent
from stacks.serving.component_scaling import ComponentAutoscaling
from stacks.serving.endpoint import ModelEndpoint
from stacks.serving.lean_image import serving_image
from stacks.serving.rollout_check import checked
from stacks.stores import Stores


@dataclass(frozen=True, kw_only=True)
class _Serves:
    """What both kinds of endpoints are made of."""

    deployment: Deployment
    stores: Stores
    base: ServingNames
    image_uri: str
    artifact_uri: str
    unguarded: cdk.CfnParameter


class ServingStack(RubricStack):
    """A promotion updates this stack with its own template: only the parameter's value is another.

    It has no IAM resource and no function: CloudFormation takes either capabilities or resource types with an update,
    and a promotion gives the types (decision 56).
    """

    def __init__(self, scope: Construct, *, deployment: Deployment, stores: Stores, base: ServingNames) -> None:
        super().__init__(
            scope,
            "Serving",
            deployment=deployment,
            description="Rubric: the model endpoint.",
            key_arn=stores.key_arn,
        )
        settings = self.settings
        approved = cdk.CfnParameter(
            self,
            "ApprovedModel",
            type="AWS::SSM::Parameter::Value<String>",
            default=settings.approved_model_parameter,
            description="Name of the SSM parameter that holds the S3 URI of the model to serve.",
        )
        unguarded = cdk.CfnParameter(
            self,
            UNGUARDED,
            default=GUARDED,
            description="The RolloutId that no alarm takes back: a rollback sets it, any other promotion resets it.",
        )
        serves = _Serves(
            deployment=deployment,
            stores=stores,
            base=base,
            image_uri=serving_image(self, deployment=deployment).uri,
            artifact_uri=approved.value_as_string,
            unguarded=unguarded,
        )
        serving = self._component(serves) if settings.serving.sleeps else self._endpoint(serves)
        self.output(stack_outputs.ENDPOINT_NAME, settings.endpoint_name, description="The SageMaker endpoint.")
        # Promotion compares it with the served model.
        self.output(
            stack_outputs.ENDPOINT_CONFIG_NAME,
            serving.config_name,
            description="The endpoint configuration that it should serve.",
        )
        self.output(
            stack_outputs.ROLLOUT_ID,
            serving.rollout_id,
            description="What this template rolls out, for a rollback to name.",
        )

    def _endpoint(self, serves: _Serves) -> ModelEndpoint:
        """An endpoint with instances that are always on, or without instances of its own."""
        serving = self.settings.serving
        low, high, target = serving.min_instances, serving.max_instances, serving.target_invocations_per_instance
        scales = target is not None or serving.schedule is not None
        model = ModelEndpoint(self, "Model", **vars(serves), scales=scales)
        # Not "RolloutCheck", as it was when its function was here: a custom resource's service token cannot change.
        checked(
            self,
            "ServedConfig",
            check_arn=serves.base.check_arn,
            after=model.endpoint,
            properties={"EndpointName": self.settings.endpoint_name, "EndpointConfigName": model.config_name},
        )
        if low is not None and high is not None and scales:
            EndpointAutoscaling(
                self,
                "Autoscaling",
                endpoint=model.endpoint,
                endpoint_name=self.settings.endpoint_name,
                min_instances=low,
                max_instances=high,
                target=target,
                schedule=serving.schedule,
            )
        return model

    def _component(self, serves: _Serves) -> ModelComponent:
        """A model that sleeps while nobody calls."""
        serving = self.settings.serving
        model = ModelComponent(self, "Model", **vars(serves))
        checked(
            self,
            "ServedConfig",
            check_arn=serves.base.check_arn,
            after=model.component,
            properties={"InferenceComponentName": self.settings.endpoint_name, "ModelName": model.model_name},
        )
        ComponentAutoscaling(
            self,
            "Autoscaling",
            component=model.component,
            settings=self.settings,
            max_copies=serving.max_instances or 1,
            target=serving.target_invocations_per_instance or 1,
        )
        self.output(
            stack_outputs.SERVED_MODEL_NAME, model.model_name, description="The model that the component should serve."
        )
        return model
