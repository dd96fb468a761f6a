"""The endpoint, and how an update of it shifts traffic.

L1 resources: the L2 has no deployment guardrails.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from contracts.logs import log_groups
from stacks.deployment import Deployment
from stacks.serving.base import ServingNames
from stacks.serving.endpoint_metrics import VARIANT
from stacks.serving.served_model import endpoint_config, served_model
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
        deployment: Deployment,
        stores: Stores,
        base: ServingNames,
        image_uri: str,
        artifact_uri: str,
        scales: bool,
        unguarded: cdk.CfnParameter,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings = deployment.settings
        self._stores = stores
        self._base = base
        self._scales = scales
        placement = asdict(deployment.placement) if deployment.placement else {}
        self.rollout_id = self._named(image_uri, container_environment(settings), *placement.values())
        # Named and made before the endpoint: SageMaker would make one that stays for ever.
        logs = log_group(self, "Logs", log_group_name=log_groups.endpoint(settings.endpoint_name))
        model = served_model(
            self, "Model", deployment=deployment, role_arn=base.role_arn, image_uri=image_uri, artifact_uri=artifact_uri
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
            **self._rollout(unguarded),
        )
        self.endpoint.node.add_dependency(logs)

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
