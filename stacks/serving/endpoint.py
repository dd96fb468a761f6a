"""The model, its endpoint configuration and the endpoint.

L1 resources: the L2 has no network isolation, data capture or deployment guardrails.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from contracts.deployment import buckets
from contracts.logs import log_groups
from environments.aws.instances import takes_volume_key
from environments.settings import Settings
from stacks.serving.base import ServingNames
from stacks.serving.endpoint_metrics import VARIANT
from stacks.shared.images import container_environment
from stacks.shared.log_group import log_group
from stacks.stores import Stores


class ModelEndpoint(Construct):
    """An endpoint that serves the artifact at `artifact_uri` with the container at `image_uri`.

    `endpoint` is the resource that others wait for; `config_name` the configuration that it is to serve; `rollout_id`
    names what the template rolls out.

    scales: whether autoscaling, and not the settings, says how many instances there are. unguarded: the parameter with
    a rollout_id; while it names this one, the endpoint moves at once and no alarm takes it back.
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
        unguarded: cdk.CfnParameter,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._stores = stores
        self._base = base
        self._scales = scales
        self.rollout_id = self._named(image_uri, container_environment(settings))
        # Named and made before the endpoint: SageMaker would make one that stays for ever.
        logs = log_group(self, "Logs", log_group_name=log_groups.endpoint(settings.endpoint_name))
        model = self._make_model(image_uri=image_uri, artifact_uri=artifact_uri)
        config = self._make_config(model)
        self.config_name = config.attr_endpoint_config_name
        self.endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=settings.endpoint_name,
            endpoint_config_name=self.config_name,
            **self._rollout(unguarded),
        )
        self.endpoint.node.add_dependency(logs)

    def _make_model(self, *, image_uri: str, artifact_uri: str) -> sagemaker.CfnModel:
        return sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=self._base.role_arn,
            # SageMaker has no network isolation for a serverless endpoint.
            enable_network_isolation=self._real_time,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=image_uri,
                model_data_url=artifact_uri,
                environment=container_environment(self._settings),
            ),
        )

    def _make_config(self, model: sagemaker.CfnModel) -> sagemaker.CfnEndpointConfig:
        serving, stores = self._settings.serving, self._stores
        with_key = stores.key_arn and serving.instance_type and takes_volume_key(serving.instance_type)
        return sagemaker.CfnEndpointConfig(
            self,
            "Config",
            production_variants=[
                sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                    variant_name=VARIANT, model_name=model.attr_model_name, initial_variant_weight=1, **self._capacity()
                )
            ],
            data_capture_config=self._data_capture(),
            kms_key_id=stores.key_arn if with_key else None,
        )

    def _capacity(self) -> dict[str, Any]:
        serving = self._settings.serving
        if self._real_time:
            return {
                "instance_type": serving.instance_type,
                "initial_instance_count": serving.min_instances,
                # The artifact carries the serving packages; two minutes are plenty to unpack it and warm up.
                "container_startup_health_check_timeout_in_seconds": 300,
            }
        serverless = sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
            memory_size_in_mb=serving.serverless_memory_mb or 0, max_concurrency=serving.serverless_max_concurrency or 0
        )
        return {"serverless_config": serverless}

    def _data_capture(self) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty | None:
        percent = self._settings.serving.data_capture_percent
        if not percent:
            # Should an update retain an old capture, which AWS's documents leave open: the role may not write it.
            return None
        config = sagemaker.CfnEndpointConfig
        return config.DataCaptureConfigProperty(
            enable_capture=True,
            initial_sampling_percentage=percent,
            destination_s3_uri=f"s3://{self._stores.artifacts.name}/{buckets.CAPTURE.rstrip('/')}",
            kms_key_id=self._stores.key_arn,
            capture_options=[config.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")],
            # Without it SageMaker writes the bodies in base64.
            capture_content_type_header=config.CaptureContentTypeHeaderProperty(
                json_content_types=["application/json"], csv_content_types=["text/csv"]
            ),
        )

    def _named(self, *of_container: Any) -> str:
        """A digest of what a deploy can roll out: another one as soon as the endpoint's configuration changes.

        A deploy keeps the value that a rollback gave the parameter, which must not stand for another rollout.
        """
        serving = self._settings.serving
        said = [
            *(serving.instance_type, serving.min_instances, serving.data_capture_percent, self._scales),
            *(self._guarded() if self._real_time else {}, self._base.role_arn, self._stores.key_arn, *of_container),
        ]
        return hashlib.sha256(json.dumps(cdk.Stack.of(self).resolve(said), sort_keys=True).encode()).hexdigest()[:16]

    def _rollout(self, unguarded: cdk.CfnParameter) -> dict[str, Any]:
        """How an update shifts traffic; a serverless endpoint has no guardrails.

        A rollback has none: alarms that watch the old instances too ring for the model that it replaces, and SageMaker
        would end the rollout ("deployment-guardrails-configuration" in its guide).
        """
        if not self._real_time:
            return {}
        condition = cdk.CfnCondition(
            self, "Unguarded", expression=cdk.Fn.condition_equals(unguarded.value_as_string, self.rollout_id)
        )
        return {
            # An update keeps what autoscaling has added; where nothing scales, the settings' count is the count.
            # Capture cannot be excluded from that: "not currently supported" (API_VariantProperty).
            "retain_all_variant_properties": self._scales,
            "deployment_config": cdk.Fn.condition_if(condition.logical_id, self._at_once(), self._guarded()),
        }

    def _guarded(self) -> dict[str, Any]:
        serving = self._settings.serving
        routing: dict[str, Any] = {
            "Type": "CANARY" if serving.canary_percent else "ALL_AT_ONCE",
            "WaitIntervalInSeconds": serving.canary_wait_seconds,
        }
        if serving.canary_percent:
            routing["CanarySize"] = {"Type": "CAPACITY_PERCENT", "Value": serving.canary_percent}
        return {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": routing,
                "TerminationWaitInSeconds": serving.canary_wait_seconds,
                "MaximumExecutionTimeoutInSeconds": serving.longest_rollout_seconds,
            },
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in self._base.alarms]},
        }

    def _at_once(self) -> dict[str, Any]:
        return {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
                "TerminationWaitInSeconds": 0,
                "MaximumExecutionTimeoutInSeconds": self._settings.serving.longest_rollout_seconds,
            }
        }

    @property
    def _real_time(self) -> bool:
        return self._settings.serving.mode == "real-time"
