"""Scaling of an endpoint's variant by the requests that each instance takes."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from environments.sections.serving import ScheduledCapacity
from stacks.serving.endpoint_metrics import VARIANT
from stacks.serving.schedule import scheduled_actions


class EndpointAutoscaling(Construct):
    """Keeps the requests a minute on each instance near a target, between limits that a schedule may change.

    target: None where nothing but the schedule scales.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint: sagemaker.CfnEndpoint,
        endpoint_name: str,
        min_instances: int,
        max_instances: int,
        target: int | None,
        schedule: Sequence[ScheduledCapacity] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        scalable = autoscaling.CfnScalableTarget(
            self,
            "Target",
            min_capacity=min_instances,
            max_capacity=max_instances,
            resource_id=f"endpoint/{endpoint_name}/variant/{VARIANT}",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            service_namespace="sagemaker",
            role_arn=service_linked_role(self),
            scheduled_actions=scheduled_actions(schedule),
        )
        # Made after the endpoint, and so deleted before it: a target without its endpoint cannot be deregistered.
        scalable.node.add_dependency(endpoint)
        if target is None:
            return
        autoscaling.CfnScalingPolicy(
            self,
            "Policy",
            policy_name=f"{endpoint_name}-requests",
            policy_type="TargetTrackingScaling",
            scaling_target_id=scalable.ref,
            target_tracking_scaling_policy_configuration=(
                autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                    target_value=target,
                    predefined_metric_specification=autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                        predefined_metric_type="SageMakerVariantInvocationsPerInstance"
                    ),
                    # Fast out, slow in: an instance takes minutes to start.
                    scale_out_cooldown=60,
                    scale_in_cooldown=600,
                )
            ),
        )


def service_linked_role(scope: Construct) -> str:
    """The ARN of the role with which Application Auto Scaling changes endpoints and inference components."""
    return cdk.Stack.of(scope).format_arn(
        service="iam",
        region="",
        resource="role",
        resource_name="aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
    )
