"""Drift looks: a function on a schedule that compares the request log with the model's reference."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from constructs import Construct

from contracts.deployment import buckets
from stacks.deployment import Deployment
from stacks.shared.permissions import allow, use_key
from stacks.shared.python_function import PythonFunction
from stacks.shared.rule_targets import RuleTargets
from stacks.stores import Stores

# Lambda's longest ("gettingstarted-limits"); a look that has not counted everything by then goes on at the next.
_LONGEST = cdk.Duration.minutes(15)


class Drift(PythonFunction):
    """The function; it exists without a schedule if `drift.enabled` is false, as its name is exported."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, stores: Stores) -> None:
        settings = deployment.settings
        self._settings = settings.drift
        every = cdk.Duration.minutes(self._settings.schedule_minutes)
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            folder="drift",
            description="Compares the request log with the model's reference.",
            environment={
                "REQUEST_LOG_TABLE": stores.request_log.name,
                "REQUEST_LOG_DAYS": str(settings.data.request_log_days),
                "REQUEST_LOG_SHARDS": str(settings.data.log_shards),
                "ARTIFACT_BUCKET": stores.artifacts.name,
                "TOLERANCE": str(self._settings.tolerance),
                "ALPHA": str(self._settings.alpha),
                "SETTLE_SECONDS": str(self._settings.settle_seconds),
            },
            timeout=min(every, _LONGEST, key=lambda each: each.to_seconds()),
            # A whole processor ("configuration-memory" in Lambda's guide): it counts, and waits little.
            memory_mb=1769,
        )
        self._permissions(stores)

    def schedule(self, targets: RuleTargets) -> events.Rule | None:
        """Look on a schedule; None if the settings have none."""
        if not self._settings.enabled:
            return None
        return events.Rule(
            self,
            "Schedule",
            description="Looks for drift.",
            schedule=events.Schedule.rate(cdk.Duration.minutes(self._settings.schedule_minutes)),
            targets=[targets.function(self.function)],
        )

    def _permissions(self, stores: Stores) -> None:
        log, bucket = stores.request_log, stores.artifacts
        allow(self.role, "dynamodb:BatchGetItem", "dynamodb:Query", on=log.arn)
        allow(self.role, "dynamodb:Query", on=f"{log.arn}/index/by_day")
        # S3 answers 403 instead of 404 for a missing object if the caller may not list.
        allow(self.role, "s3:ListBucket", on=bucket.arn)
        allow(
            self.role,
            "s3:GetObject",
            on=f"{bucket.arn}/{buckets.baseline('*')}",
            because="Each model has a reference under the name of its training job.",
        )
        # A write with If-Match needs both (S3 user guide, "conditional-writes").
        allow(self.role, "s3:GetObject", "s3:PutObject", on=f"{bucket.arn}/{buckets.DRIFT_STATE}")
        allow(
            self.role,
            "s3:PutObject",
            on=f"{bucket.arn}/{buckets.drift_report('*')}",
            because="Each model version has a report of its own.",
        )
        use_key(self.role, stores.key_arn)
