"""The Monitoring stack: alarms, their topic, and the dashboard."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from contracts.ab_tests.live import CHALLENGER
from contracts.deployment import stack_outputs
from contracts.deployment.pipeline import promotion_machine, retraining_machine, training_machine
from contracts.logs import request_log
from stacks.base import RubricStack
from stacks.deployment import Deployment
from stacks.monitoring.alarm_topic import AlarmTopic
from stacks.monitoring.alarms import Alarms
from stacks.monitoring.budget import Budget
from stacks.monitoring.dashboard import Dashboard
from stacks.serving.endpoint_metrics import EndpointMetrics
from stacks.shared.service_metrics import own_metric
from stacks.shared.state_machine import machine_arn
from stacks.stores import PipelineWatched, Stores, Watched

LOCAL_ACCOUNT = "000000000000"


class MonitoringStack(RubricStack):
    """Watches the other stacks from outside; nothing depends on it.

    pipeline: None where no model is trained.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        stores: Stores,
        watched: Watched,
        pipeline: PipelineWatched | None,
    ) -> None:
        super().__init__(
            scope,
            "Monitoring",
            deployment=deployment,
            description="Rubric: alarms and the dashboard.",
            key_arn=stores.key_arn,
        )
        settings = self.settings
        self._watched = watched
        self._pipeline = pipeline
        self._endpoint = EndpointMetrics(settings.endpoint_name, component=settings.component_name)
        self._challenger = EndpointMetrics(settings.challenger_endpoint_name, variant=CHALLENGER)
        self._instances = settings.serving.mode == "real-time"
        self._sleeps = settings.serving.sleeps and settings.classifier.trained
        # The functions' metrics carry the service's name and the environment.
        self._identity = {"service": settings.prefix, "environment": settings.name}
        self._trained = settings.classifier.trained
        self._machines = {
            "training": machine_arn(self, training_machine(settings.prefix)),
            "promotion": machine_arn(self, promotion_machine(settings.prefix)),
            "retraining": machine_arn(self, retraining_machine(settings.prefix)),
        }
        self._tables = {
            "request log": stores.request_log.name,
            "examples": stores.examples.name,
            "ledger": stores.ledger.name,
            "answers": stores.answers.name,
            "api keys": stores.api_keys.name,
            "key use": stores.usage.name,
            "erased": stores.erased.name,
        }
        topic = AlarmTopic(self, "AlarmTopic", email=settings.monitoring.alarm_email, key_arn=stores.key_arn)
        budget = settings.cost.monthly_budget_usd
        if budget is not None and settings.account != LOCAL_ACCOUNT:  # the local AWS has no budgets
            topic.take_budgets()
            Budget(self, "Budget", usd=budget, prefix=settings.prefix, topic=topic)
        alarms = Alarms(self, "Alarms", topic=topic, settings=settings)
        self._watch(alarms)
        name = self._show(alarms.all)
        self.output(
            stack_outputs.ALARM_TOPIC_ARN, topic.topic_arn, description="Subscribe to it to be notified of alarms."
        )
        self.output(stack_outputs.DASHBOARD_NAME, name, description="The CloudWatch dashboard.")

    def _watch(self, alarms: Alarms) -> None:
        limits = self.settings.monitoring
        asleep = own_metric("AsleepRefused", **self._identity) if self._sleeps else None
        alarms.watch_api(self._watched.api_id, p99_ms=limits.p99_latency_ms, asleep=asleep)
        alarms.watch_functions(self._watched.functions)
        if self._trained:
            # A model that sleeps has no instance, and that is no fault.
            always_on = self._instances and not self._sleeps
            alarms.watch_endpoint(self._endpoint, latency_ms=limits.model_latency_ms, instances=always_on)
            if self._sleeps:
                alarms.watch_wakes(**self._identity)
            alarms.watch_answers(**self._identity)
            alarms.watch_machines(self._machines)
            alarms.watch_approved(**self._identity)
        if self._pipeline is not None:
            alarms.watch_rules(self._pipeline.undelivered)
            alarms.watch_reconciler(**self._identity)
            alarms.watch_functions({"drift": self._pipeline.drift, "ab test": self._pipeline.ab_test})
            alarms.watch_ab_tests(**self._identity)
            if self.settings.drift.enabled:
                alarms.watch_drift(**self._identity)
        if self.settings.features.store != "none":
            alarms.watch_features(**self._identity)
        if self.settings.classifier.fallback != "none":
            alarms.watch_fallback(**self._identity)
        watched = self._watched
        alarms.watch_request_log(**self._identity, dead_letters=watched.dead_letters, parked=watched.parked)
        if self.settings.api.auth == "keys":
            alarms.watch_keys(**self._identity, refused_per_minute=limits.refused_keys_per_minute)
        alarms.watch_tables(self._tables)
        alarms.watch_indexes(self._tables["request log"], use="request log", indexes=request_log.PARTITIONS)

    def _show(self, alarms: list[cloudwatch.Alarm]) -> str:
        board = Dashboard(
            self,
            "Dashboard",
            name=self.settings.prefix,
            title=f"{self.settings.project.capitalize()}, {self.settings.name}",
        )
        board.show_alarms(alarms)
        board.show_api(self._watched.api_id, p99_ms=self.settings.monitoring.p99_latency_ms)
        board.show_predictions(**self._identity, dead_letters=self._watched.dead_letters)
        board.show_work(**self._identity, threshold=self.settings.api.threshold)
        if self._trained:
            board.show_endpoint(self._endpoint, instances=self._instances, **self._identity)
            if self._sleeps:
                board.show_sleep(self._endpoint, **self._identity)
        board.show_functions(self._watched.functions)
        if self._pipeline is not None:
            board.show_pipeline(self._machines, promote=self._pipeline.promote, **self._identity)
            board.show_drift(**self._identity, function=self._pipeline.drift)
            board.show_retraining(**self._identity)
            board.show_ab_tests(self._challenger, function=self._pipeline.ab_test, **self._identity)
        if self.settings.features.store != "none":
            board.show_features(**self._identity)
        board.show_tables(self._tables)
        return self.settings.prefix
