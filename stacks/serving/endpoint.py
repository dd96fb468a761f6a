"""The endpoint, and how an update of it shifts traffic.

L1 resources: the L2 has no deployment guardrails.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from contracts.logs import log_groups
from environments.settings import Settings
from stacks.serving.base import ServingNames
from stacks.serving.endpoint_metrics import VARIANT
from stacks.serving.served_model import endpoint_config, served_model
from stacks.shared.log_group import log_group
from stacks.stores import Stores


class ModelEndpoint(Construct):
    """An endpoint that serves the artifact at `artifact_uri` with the container at `image_uri`.

    `endpoint` is the resource that others wait for; `config_name` the configuration that it is to serve.

    scales: whether autoscaling, and not the settings, says how many instances there are.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        stores: Stores,
        base: ServingNames,
        image_uri: str,
        artifact_uri: str,
        scales: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._base = base
        self._scales = scales
        # Named and made before the endpoint: SageMaker would make one that stays for ever.
        logs = log_group(self, "Logs", log_group_name=log_groups.endpoint(settings.endpoint_name))
        model = served_model(
            self, "Model", settings=settings, role_arn=base.role_arn, image_uri=image_uri, artifact_uri=artifact_uri
        )
        config = endpoint_config(
            self,
            "Config",
            settings=settings,
            stores=stores,
            model=model,
            variant=VARIANT,
            instances=settings.serving.min_instances,
            capture_percent=settings.serving.data_capture_percent,
        )
        self.config_name = config.attr_endpoint_config_name
        self.endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=settings.endpoint_name,
            endpoint_config_name=self.config_name,
            **self._rollout(),
        )
        self.endpoint.node.add_dependency(logs)

    def _rollout(self) -> dict[str, Any]:
        """How an update shifts traffic; a serverless endpoint has no guardrails."""
        serving = self._settings.serving
        if serving.mode != "real-time":
            return {}
        endpoint = sagemaker.CfnEndpoint
        canary = serving.canary_percent
        routing = endpoint.TrafficRoutingConfigProperty(
            type="CANARY" if canary else "ALL_AT_ONCE",
            canary_size=endpoint.CapacitySizeProperty(type="CAPACITY_PERCENT", value=canary) if canary else None,
            wait_interval_in_seconds=serving.canary_wait_seconds,
        )
        return {
            # An update keeps what autoscaling has added; where nothing scales, the settings' count is the count.
            # Capture cannot be excluded from that: "not currently supported" (API_VariantProperty).
            "retain_all_variant_properties": self._scales,
            "deployment_config": endpoint.DeploymentConfigProperty(
                blue_green_update_policy=endpoint.BlueGreenUpdatePolicyProperty(
                    traffic_routing_configuration=routing,
                    termination_wait_in_seconds=serving.canary_wait_seconds,
                    maximum_execution_timeout_in_seconds=serving.longest_rollout_seconds,
                ),
                auto_rollback_configuration=endpoint.AutoRollbackConfigProperty(
                    alarms=[endpoint.AlarmProperty(alarm_name=name) for name in self._base.alarms]
                ),
            ),
        }
