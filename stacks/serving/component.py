"""An endpoint without a model of its own, and the model on it as an inference component: it may have no copy at all.

Sources: "Scale an endpoint to zero instances" in SageMaker's developer guide; docs/decisions/0098.
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
from environments.settings import Settings
from stacks.deployment import Deployment
from stacks.serving.base import ServingNames
from stacks.serving.endpoint_metrics import VARIANT
from stacks.serving.served_model import component_config, served_model
from stacks.shared.images import container_environment
from stacks.shared.log_group import log_group
from stacks.stores import Stores

_STARTUP_SECONDS = 300
_MEMORY_MB, _CPUS = 1024, 1.0


class ModelComponent(Construct):
    """The component that serves the artifact at `artifact_uri` with the container at `image_uri`, and its endpoint.

    `component` is the resource that others wait for; `model_name` the model that it is to serve; `rollout_id` names
    what the template rolls out. unguarded: the parameter with a rollout_id; while it names this one, no
    alarm takes it back.
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
        unguarded: cdk.CfnParameter,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings = deployment.settings
        self._base = base
        name = settings.endpoint_name
        placement = asdict(deployment.placement) if deployment.placement else {}
        self.rollout_id = self._named(image_uri, container_environment(settings), stores.key_arn, *placement.values())
        # Named and made before what logs: SageMaker would make ones that stay for ever.
        logs = [
            log_group(self, "Logs", log_group_name=log_groups.endpoint(name)),
            log_group(self, "ComponentLogs", log_group_name=log_groups.component(name)),
        ]
        model = served_model(
            self, "Model", deployment=deployment, role_arn=base.role_arn, image_uri=image_uri, artifact_uri=artifact_uri
        )
        config = component_config(
            self, "Config", deployment=deployment, stores=stores, role_arn=base.role_arn, variant=VARIANT
        )
        self.config_name = config.attr_endpoint_config_name
        # No deployment_config: a new model changes the component, and not the endpoint.
        endpoint = sagemaker.CfnEndpoint(self, "Endpoint", endpoint_name=name, endpoint_config_name=self.config_name)
        self.model_name = model.attr_model_name
        self.component = sagemaker.CfnInferenceComponent(
            self,
            "Component",
            inference_component_name=name,
            endpoint_name=endpoint.attr_endpoint_name,
            variant_name=VARIANT,
            specification=_specification(settings, model_name=self.model_name),
            # SageMaker refuses to create one without a copy; from then on, autoscaling says how many there are.
            runtime_config=sagemaker.CfnInferenceComponent.InferenceComponentRuntimeConfigProperty(copy_count=1),
            deployment_config=self._rollout(unguarded),
        )
        endpoint.node.add_dependency(*logs)
        self.component.node.add_dependency(endpoint, *logs)

    def _named(self, *of_container: Any) -> str:
        """A digest of what a deploy can roll out (ModelEndpoint)."""
        serving = self._settings.serving
        said = [serving.instance_type, serving.copy_memory_mb, serving.copy_cpus, self._guarded(), self._base.role_arn]
        resolved = cdk.Stack.of(self).resolve([*said, *of_container])
        return hashlib.sha256(json.dumps(resolved, sort_keys=True).encode()).hexdigest()[:16]

    def _rollout(self, unguarded: cdk.CfnParameter) -> Any:
        """How an update replaces the copies; a rollback asks no alarm (ModelEndpoint)."""
        condition = cdk.CfnCondition(
            self, "Unguarded", expression=cdk.Fn.condition_equals(unguarded.value_as_string, self.rollout_id)
        )
        return cdk.Fn.condition_if(condition.logical_id, self._rolling(wait=0), self._guarded())

    def _guarded(self) -> dict[str, Any]:
        rollback = {"Alarms": [{"AlarmName": name} for name in self._base.alarms]}
        wait = self._settings.serving.canary_wait_seconds
        return {**self._rolling(wait=wait), "AutoRollbackConfiguration": rollback}

    def _rolling(self, *, wait: int) -> dict[str, Any]:
        return {
            "RollingUpdatePolicy": {
                "MaximumBatchSize": {"Type": "COPY_COUNT", "Value": 1},
                "WaitIntervalInSeconds": wait,
                "MaximumExecutionTimeoutInSeconds": self._settings.serving.longest_rollout_seconds,
            }
        }


def _specification(
    settings: Settings, *, model_name: str
) -> sagemaker.CfnInferenceComponent.InferenceComponentSpecificationProperty:
    component, serving = sagemaker.CfnInferenceComponent, settings.serving
    return component.InferenceComponentSpecificationProperty(
        model_name=model_name,
        compute_resource_requirements=component.InferenceComponentComputeResourceRequirementsProperty(
            min_memory_required_in_mb=serving.copy_memory_mb or _MEMORY_MB,
            number_of_cpu_cores_required=serving.copy_cpus or _CPUS,
        ),
        startup_parameters=component.InferenceComponentStartupParametersProperty(
            container_startup_health_check_timeout_in_seconds=_STARTUP_SECONDS
        ),
    )
