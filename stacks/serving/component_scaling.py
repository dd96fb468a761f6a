"""Scaling of an inference component: by its requests, down to no copy, and up again when one is asked for in vain."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from environments.settings import Settings
from stacks.serving.autoscaling import service_linked_role
from stacks.serving.schedule import scheduled_actions

_NAMESPACE, _DIMENSION = "sagemaker", "sagemaker:inference-component:DesiredCopyCount"
# Longer than a wake takes: requests that fail meanwhile must not ask for a second copy.
_WAKE_COOLDOWN_SECONDS = 900


class ComponentAutoscaling(Construct):
    """The scalable target, both policies, and the alarm that wakes the model.

    Source: "Scale an endpoint to zero instances" in SageMaker's developer guide, but for the alarm's operator: with its
    `GreaterThanThreshold` a single request would wake nothing (decision 98).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        component: sagemaker.CfnInferenceComponent,
        settings: Settings,
        max_copies: int,
        target: int,
    ) -> None:
        super().__init__(scope, construct_id)
        name = settings.endpoint_name
        scalable = autoscaling.CfnScalableTarget(
            self,
            "Target",
            min_capacity=0,
            max_capacity=max_copies,
            resource_id=f"inference-component/{name}",
            scalable_dimension=_DIMENSION,
            service_namespace=_NAMESPACE,
            role_arn=service_linked_role(self),
            scheduled_actions=scheduled_actions(settings.serving.schedule),
        )
        # Made after the component, and so deleted before it: a target without it cannot be deregistered.
        scalable.node.add_dependency(component)
        policy = autoscaling.CfnScalingPolicy
        policy(
            self,
            "Policy",
            policy_name=f"{name}-requests",
            policy_type="TargetTrackingScaling",
            scaling_target_id=scalable.ref,
            target_tracking_scaling_policy_configuration=policy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=target,
                predefined_metric_specification=policy.PredefinedMetricSpecificationProperty(
                    predefined_metric_type="SageMakerInferenceComponentInvocationsPerCopy"
                ),
                scale_out_cooldown=60,
                scale_in_cooldown=600,
            ),
        )
        wake = policy(
            self,
            "WakePolicy",
            policy_name=f"{name}-wake",
            policy_type="StepScaling",
            scaling_target_id=scalable.ref,
            step_scaling_policy_configuration=policy.StepScalingPolicyConfigurationProperty(
                adjustment_type="ChangeInCapacity",
                metric_aggregation_type="Maximum",
                cooldown=_WAKE_COOLDOWN_SECONDS,
                step_adjustments=[policy.StepAdjustmentProperty(metric_interval_lower_bound=0, scaling_adjustment=1)],
            ),
        )
        cloudwatch.CfnAlarm(
            self,
            "Wake",
            alarm_description=f"A request found the model asleep: Application Auto Scaling wakes it ({name}).",
            namespace="AWS/SageMaker",
            metric_name="NoCapacityInvocationFailures",
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="InferenceComponentName", value=name)],
            statistic="Sum",
            period=cdk.Duration.minutes(1).to_seconds(),
            evaluation_periods=1,
            datapoints_to_alarm=1,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[wake.ref],
        )
