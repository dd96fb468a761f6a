"""The Challenger stack: a second model, and if it is to answer requests its endpoint, while an A/B test runs."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from contracts.ab_tests import challenger
from contracts.ab_tests.live import CHALLENGER
from contracts.deployment import stack_outputs
from contracts.logs import log_groups
from stacks.base import RubricStack
from stacks.deployment import Deployment
from stacks.serving.lean_image import serving_image
from stacks.serving.served_model import endpoint_config, served_model
from stacks.shared.log_group import log_group
from stacks.stores import Stores


class ChallengerStack(RubricStack):
    """The function `ab_test` updates this stack with its own template: only the parameters' values are others.

    Its parameters are plain ones, which a later `cdk deploy` leaves as they are (decision 81). It has no IAM resource
    and no function, like the Serving stack.
    """

    def __init__(self, scope: Construct, *, deployment: Deployment, stores: Stores, role_arn: str) -> None:
        super().__init__(
            scope,
            "Challenger",
            deployment=deployment,
            description="Rubric: the challenger of an A/B test, while one runs.",
            key_arn=stores.key_arn,
        )
        settings = self.settings
        artifact, tested, serving = self._asked()
        # There all the time: a stack needs a resource, and SageMaker would make a group that stays for ever.
        logs = log_group(self, "Logs", log_group_name=log_groups.endpoint(settings.challenger_endpoint_name))
        model = served_model(
            self,
            "Model",
            deployment=deployment,
            role_arn=role_arn,
            image_uri=serving_image(self, deployment=deployment).uri,
            artifact_uri=artifact,
        )
        config = endpoint_config(
            self,
            "Config",
            settings=settings,
            stores=stores,
            model=model,
            variant=CHALLENGER,
            instances=settings.ab_tests.challenger_instances,
            capture_percent=None,
        )
        endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=settings.challenger_endpoint_name,
            endpoint_config_name=config.attr_endpoint_config_name,
        )
        endpoint.node.add_dependency(logs)
        model.cfn_options.condition = tested
        for resource in (config, endpoint):
            resource.cfn_options.condition = serving
        named = cdk.CfnOutput(
            self,
            stack_outputs.CHALLENGER_MODEL_NAME,
            value=model.attr_model_name,
            description="The challenger's model.",
        )
        named.condition = tested

    def _asked(self) -> tuple[str, cdk.CfnCondition, cdk.CfnCondition]:
        """The artifact, and the conditions that there is a model, and that it has an endpoint."""
        artifact = cdk.CfnParameter(
            self,
            challenger.ARTIFACT,
            default=challenger.NOTHING,
            allowed_pattern=rf"{challenger.NOTHING}|s3://[^/]+/.+",
            description=f"S3 URI of the challenger's model, or {challenger.NOTHING}.",
        )
        serve = cdk.CfnParameter(
            self,
            challenger.SERVE,
            default=challenger.NO,
            allowed_values=[challenger.YES, challenger.NO],
            description="Whether the challenger has an endpoint.",
        )
        uri = artifact.value_as_string
        model = cdk.Fn.condition_not(cdk.Fn.condition_equals(uri, challenger.NOTHING))
        endpoint = cdk.Fn.condition_equals(serve.value_as_string, challenger.YES)
        tested = cdk.CfnCondition(self, "Tested", expression=model)
        serving = cdk.CfnCondition(self, "Serving", expression=cdk.Fn.condition_and(model, endpoint))
        return uri, tested, serving
