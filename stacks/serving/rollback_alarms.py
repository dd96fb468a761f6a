"""Alarms that take a rollout back. They must exist before the endpoint that they watch."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from contracts.deployment.pipeline import STOPPED_ALARM
from environments.settings import Settings
from stacks.serving.endpoint_metrics import EndpointMetrics
from stacks.shared.permissions import allow
from stacks.shared.runbooks import with_runbook
from stacks.shared.service_metrics import own_metric

_MINUTE = cdk.Duration.minutes(1)


class RollbackAlarms(Construct):
    """Errors, latency and unusable answers of an endpoint, and a rollback that was asked for. The endpoint is
    known by its name alone: a reference each way would be a circle.

    They have names for the Serving stack to use: an export that is in use could not go when the settings do without.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self.names: list[str] = []
        metrics = EndpointMetrics(settings.endpoint_name, component=settings.component_name, period=_MINUTE)
        self.alarms = [
            self._alarm("Faults", metrics.faults(), threshold=1, description="The endpoint returns 5xx errors."),
            self._alarm(
                "ModelErrors",
                metrics.model_errors(),
                threshold=1,
                description="The model's container returns errors.",
            ),
            self._alarm(
                "Latency",
                metrics.model_latency(),
                threshold=settings.monitoring.model_latency_ms * 1000,
                description="The model is slower than monitoring.model_latency_ms (the metric is in microseconds).",
            ),
            # A model may answer 200 with a body that the API cannot use: the endpoint's own metrics don't count that.
            self._alarm(
                "BadAnswers",
                own_metric("BadModelAnswers", service=settings.prefix, environment=settings.name),
                threshold=1,
                description="The API cannot use the model's answers.",
            ),
            # A rollback rings it, and SageMaker takes the current rollout back as it would for any other alarm.
            self._alarm(
                STOPPED_ALARM,
                own_metric("RolloutStopped", service=settings.prefix, environment=settings.name),
                threshold=1,
                description="`rubric models rollback` was run during a rollout.",
            ),
        ]

    def visible_to(self, role: iam.Role) -> None:
        """Let a role see them: SageMaker's guide asks it of an endpoint's role ("deployment-guardrails-configuration").

        Without it, a rollout may continue even if an alarm rings.
        """
        allow(role, "cloudwatch:DescribeAlarms", on=[alarm.alarm_arn for alarm in self.alarms])

    def _alarm(self, name: str, metric: cloudwatch.Metric, *, threshold: float, description: str) -> cloudwatch.Alarm:
        self.names.append(f"{self._settings.endpoint_name}-rollback-{name}")
        return cloudwatch.Alarm(
            self,
            name,
            alarm_name=self.names[-1],
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=with_runbook(
                f"{description} SageMaker takes a current rollout back.",
                alarm=f"Rollback{name}",
                settings=self._settings,
            ),
        )
