"""The Serving stack: the approved model behind an endpoint."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from contracts.deployment import stack_outputs
from contracts.deployment.pipeline import GUARDED, UNGUARDED
from stacks.base import RubricStack
from stacks.deployment import Deployment
from stacks.serving.autoscaling import EndpointAutoscaling
from stacks.serving.base import ServingNames
from stacks.serving.endpoint import ModelEndpoint
from stacks.serving.lean_image import serving_image
from stacks.serving.rollout_check import checked
from stacks.stores import Stores


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
        low, high = settings.serving.min_instances, settings.serving.max_instances
        target = settings.serving.target_invocations_per_instance
        serving = ModelEndpoint(
            self,
            "Model",
            deployment=deployment,
            stores=stores,
            base=base,
            image_uri=serving_image(self, deployment=deployment).uri,
            artifact_uri=approved.value_as_string,
            scales=target is not None,
            unguarded=unguarded,
        )
        # Not "RolloutCheck", as it was when its function was here: a custom resource's service token cannot change.
        checked(
            self,
            "ServedConfig",
            check_arn=base.check_arn,
            endpoint=serving.endpoint,
            endpoint_name=settings.endpoint_name,
            config_name=serving.config_name,
        )
        if low is not None and high is not None and target is not None:
            EndpointAutoscaling(
                self,
                "Autoscaling",
                endpoint=serving.endpoint,
                endpoint_name=settings.endpoint_name,
                min_instances=low,
                max_instances=high,
                target=target,
            )
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
