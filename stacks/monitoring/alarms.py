"""All alarms, with one method for each thing they watch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from environments.settings import Settings
from stacks.serving.endpoint_metrics import EndpointMetrics
from stacks.shared.runbooks import with_runbook
from stacks.shared.service_metrics import (
    api_metric,
    function_metric,
    machine_metric,
    own_metric,
    queue_metric,
    table_metric,
)

_MISSING = cloudwatch.TreatMissingData
_ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
_AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
# The redrive tries every minute, so an hour is not just a wait for its turn.
_OLD_SECONDS = 3600
# One check may fail: a call can be throttled.
_SETTLING_TRIES = 5
# Some times the minutes that a wake takes.
_LONGEST_WAKE_SECONDS = 1800


class Alarms(Construct):
    """Every alarm notifies the topic when it starts and when it ends, and has a page in docs/runbooks under its name.

    `all` is in the order they were added.
    """

    def __init__(self, scope: Construct, construct_id: str, *, topic: sns.ITopic, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._action = actions.SnsAction(topic)
        self.all: list[cloudwatch.Alarm] = []

    def watch_api(self, api_id: str, *, p99_ms: int, asleep: cloudwatch.Metric | None = None) -> None:
        """Server errors and slow responses. asleep: the 503 of a model that sleeps, which are no fault."""
        if asleep is None:
            self._at_least_one("Api5xx", api_metric(api_id, "5xx"), "The API returns 5xx errors.")
        else:
            self._api_errors_but_of_a_sleeping_model(api_id, asleep)
        self._add(
            "ApiLatency",
            api_metric(api_id, "Latency", statistic="p99"),
            threshold=p99_ms,
            operator=_ABOVE,
            periods=3,
            description="1 in 100 API requests takes longer than monitoring.p99_latency_ms.",
        )

    def _api_errors_but_of_a_sleeping_model(self, api_id: str, asleep: cloudwatch.Metric) -> None:
        """The gateway and the function may count a request in different minutes: one of few callers not in each of two
        minutes, and of many callers fewer than one in a hundred.
        """
        errors = cloudwatch.MathExpression(
            expression="errors - 1.01 * FILL(asleep, 0)",
            using_metrics={"errors": api_metric(api_id, "5xx"), "asleep": asleep},
            period=cdk.Duration.minutes(1),
        )
        self._add(
            "Api5xx",
            errors,
            threshold=1,
            operator=_AT_LEAST,
            periods=2,
            description="The API returns 5xx errors, besides the 503 of a model that sleeps.",
        )

    def watch_functions(self, functions: Mapping[str, str]) -> None:
        """Errors and throttles of functions. functions: their names by use."""
        for use, name in functions.items():
            title = use.title().replace(" ", "")
            self._at_least_one(f"{title}Errors", function_metric(name, "Errors"), f"The {use} function raises errors.")
            self._at_least_one(
                f"{title}Throttles", function_metric(name, "Throttles"), f"The {use} function is throttled."
            )

    def watch_endpoint(self, metrics: EndpointMetrics, *, latency_ms: int, instances: bool) -> None:
        """Errors and latency of the endpoint and, if it has instances, whether one is healthy."""
        self._at_least_one("Endpoint5xx", metrics.faults(), "The endpoint returns 5xx errors.")
        self._at_least_one("EndpointModelErrors", metrics.model_errors(), "The model's container returns errors.")
        self._add(
            "EndpointLatency",
            metrics.model_latency(),
            threshold=latency_ms * 1000,
            operator=_ABOVE,
            periods=3,
            description="The model is slower than monitoring.model_latency_ms (the metric is in microseconds).",
        )
        if instances:
            self._add(
                "NoHealthyInstance",
                metrics.cpu(statistic="SampleCount"),
                threshold=1,
                operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
                periods=3,
                missing=_MISSING.BREACHING,
                description="The endpoint has no healthy instance: nothing can be classified.",
            )

    def watch_wakes(self, *, service: str, environment: str) -> None:
        """Whether a model that sleeps wakes when it is asked."""
        waking = own_metric("WakingSeconds", service=service, environment=environment, statistic="Maximum")
        self._add(
            "ModelDoesNotWake",
            waking,
            threshold=_LONGEST_WAKE_SECONDS,
            operator=_AT_LEAST,
            periods=1,
            description="A request found the model asleep half an hour ago, and it has no copy yet: callers get 503, "
            "or the fallback's answers. `rubric status` shows the endpoint.",
        )

    def watch_answers(self, *, service: str, environment: str) -> None:
        """Answers of the model that the API cannot use."""
        self._at_least_one(
            "BadModelAnswers",
            own_metric("BadModelAnswers", service=service, environment=environment),
            "The API cannot use the model's answers, and callers get 502. Run `rubric models rollback`.",
        )

    def watch_fallback(self, *, service: str, environment: str) -> None:
        """Requests that Bedrock answered instead of the endpoint."""
        self._at_least_one(
            "FallbackAnswers",
            own_metric("FallbackAnswers", service=service, environment=environment),
            "The endpoint is unavailable: the Bedrock fallback answers, without probabilities.",
        )

    def watch_request_log(self, *, service: str, environment: str, dead_letters: str, parked: str) -> None:
        """Requests that could not be logged."""
        self._at_least_one(
            "LogWriteFailed",
            own_metric("LogWriteFailed", service=service, environment=environment),
            "Classified requests were not logged. They wait in the dead-letter queue and are retried every minute.",
        )
        self._add(
            "LogDeadLetters",
            queue_metric(dead_letters, "ApproximateNumberOfMessagesVisible"),
            threshold=1,
            operator=_AT_LEAST,
            periods=1,
            description="Request-log items wait in the dead-letter queue for the redrive to write them to the table.",
        )
        self._add(
            "LogParked",
            queue_metric(parked, "ApproximateNumberOfMessagesVisible"),
            threshold=1,
            operator=_AT_LEAST,
            periods=1,
            description="The request log refused items for good, or for 16 hours. They are kept for 14 days and do not "
            "delay others. `rubric parked` shows the reason; `rubric parked --return` retries them.",
        )
        self._add(
            "LogDeadLettersOld",
            queue_metric(dead_letters, "ApproximateAgeOfOldestMessage"),
            threshold=_OLD_SECONDS,
            operator=_AT_LEAST,
            periods=1,
            description="A request-log item has waited in the dead-letter queue for an hour; after 14 days it is lost.",
        )
        self._at_least_one(
            "LogWriteLost",
            own_metric("LogWriteLost", service=service, environment=environment),
            "Classified requests are neither in the request log nor in the dead-letter queue, but only in the "
            "function's log.",
        )
        self._at_least_one(
            "LogRedriveFailed",
            own_metric("LogRedriveFailed", service=service, environment=environment),
            "Request-log items in the dead-letter queue could not be written to the table. They are kept and retried.",
        )

    def watch_keys(self, *, service: str, environment: str, refused_per_minute: int) -> None:
        """Many requests without a valid key, and requests that were allowed without being counted."""
        self._add(
            "KeysRefused",
            own_metric("KeysRefused", service=service, environment=environment),
            threshold=refused_per_minute,
            operator=_ABOVE,
            periods=1,
            description="Many requests have no valid key: somebody is guessing keys, or a caller's key has expired. "
            "The access log has the address and verdict of each.",
        )
        self._at_least_one(
            "KeyUseUncounted",
            own_metric("KeyUseUncounted", service=service, environment=environment),
            "Requests were allowed uncounted because the usage table failed: limits hold for each instance separately.",
        )

    def watch_machines(self, machines: Mapping[str, str]) -> None:
        """Failed runs of state machines. machines: their ARNs by use."""
        serves = "The previous model still serves."
        nothing = "No run is started twice: the next decision sees what was started."
        # CloudFormation continues an update after its execution has ended.
        unknown = "Its rollout may continue, or may have succeeded: `rubric status` shows which model serves."
        for use, arn in machines.items():
            for metric, what, then in (
                ("ExecutionsFailed", "failed", serves),
                ("ExecutionsTimedOut", "took too long", unknown),
                ("ExecutionsAborted", "was stopped", unknown),
            ):
                follows = nothing if use == "retraining" else then
                self._at_least_one(
                    f"{use.capitalize()}{metric.removeprefix('Executions')}",
                    machine_metric(arn, metric),
                    f"A run of the {use} {what}; the execution shows the reason. {follows}",
                )

    def watch_rules(self, undelivered: str) -> None:
        """Events that a rule could not deliver. undelivered: the name of their queue."""
        self._add(
            "RuleUndelivered",
            queue_metric(undelivered, "ApproximateNumberOfMessagesVisible"),
            threshold=1,
            operator=_AT_LEAST,
            periods=1,
            description="EventBridge could not start a rule's target, or the target failed three times. The event (an "
            "approval, a scheduled run or the end of a build) waits in the queue of undelivered events.",
        )

    def watch_approved(self, *, service: str, environment: str) -> None:
        """Rings if the approved model does not serve; the promote function checks every minute."""
        self._at_least_one(
            "ApprovedDiffersFromServing",
            own_metric("ApprovedDiffersFromServing", service=service, environment=environment),
            "The approved model was not the one that serves, and no promotion was running: one was stopped, or "
            "somebody changed the parameter or the endpoint. Within minutes the parameter is set to the model that "
            "serves. If the alarm persists, `rubric status` shows both and the promote function's log the reason.",
        )
        self._at_least_one(
            "ServingStackStuck",
            own_metric("ServingStackStuck", service=service, environment=environment),
            "No promotion or deploy can change the Serving stack until you repair it: most likely its rollback failed. "
            "The promote function's log and the failed promotion name the command (`what_to_do`).",
        )
        self._add(
            "SettlingFailed",
            own_metric("SettlingFailed", service=service, environment=environment),
            threshold=1,
            operator=_AT_LEAST,
            periods=_SETTLING_TRIES,
            description="The check whether the approved model is the one that serves has failed for five minutes. The "
            "promote function's log shows the reason.",
        )

    def watch_reconciler(self, *, service: str, environment: str) -> None:
        """Whether the promote function still checks: its schedule calls it every minute.

        Invocations and errors would not show it: they include a promotion's steps, and waiting for a turn is an error.
        """
        self._add(
            "ReconcilerFails",
            own_metric("SettlingDone", service=service, environment=environment),
            threshold=1,
            operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            periods=_SETTLING_TRIES,
            missing=_MISSING.BREACHING,
            description="For five minutes the promote function was not called or did not finish its check: nothing "
            "compares the approved model with the one that serves. Its log shows the reason.",
        )

    def watch_drift(self, *, service: str, environment: str) -> None:
        """Whether the texts or the answers of the model that serves have drifted.

        Between two looks there is no value, and the alarm stays as it is.
        """
        self._add(
            "DriftFound",
            own_metric("DriftFound", service=service, environment=environment, statistic="Maximum"),
            threshold=1,
            operator=_AT_LEAST,
            periods=1,
            missing=_MISSING.IGNORE,
            description="The texts that come in, or the model's answers, have moved away from those that it was judged "
            "on. `rubric drift` shows what moved and when. The alarm ends when another model serves.",
        )

    def watch_features(self, *, service: str, environment: str) -> None:
        """A feature store that is down or slow. No classification waits for it or fails."""
        self._add(
            "FeaturesUnread",
            own_metric("FeaturesUnread", service=service, environment=environment),
            threshold=1,
            operator=_AT_LEAST,
            periods=3,
            description="For three minutes requests could not read the feature store. They were answered without "
            "features, which the request log then lacks.",
        )

    def watch_ab_tests(self, *, service: str, environment: str) -> None:
        """Whether a challenger's resources are left over; the ab_test function looks every minute."""
        self._at_least_one(
            "ChallengerLeftOver",
            own_metric("ChallengerLeftOver", service=service, environment=environment),
            "An A/B test has ended, but its challenger's model or endpoint could not be deleted: it still costs money. "
            "`rubric ab status` says what to do.",
        )

    def watch_tables(self, tables: Mapping[str, str]) -> None:
        """Refused reads and writes of tables. tables: their names by use."""
        for use, name in tables.items():
            for metric in ("ReadThrottleEvents", "WriteThrottleEvents"):
                title = use.title().replace(" ", "")
                self._at_least_one(
                    f"{title}{metric}", table_metric(name, metric), f"DynamoDB throttles the {use} table."
                )

    def watch_indexes(self, table_name: str, *, use: str, indexes: Iterable[str]) -> None:
        """Throttled writes to a table's indexes, because of which DynamoDB refuses the table's own writes."""
        for index in indexes:
            self._at_least_one(
                f"{use.title().replace(' ', '')}{index.title().replace('_', '')}WriteThrottleEvents",
                table_metric(table_name, "WriteThrottleEvents", index=index),
                f"DynamoDB throttles the index {index} of the {use} table, and with it the table.",
            )

    def _at_least_one(self, name: str, metric: cloudwatch.Metric, description: str) -> None:
        self._add(name, metric, threshold=1, operator=_AT_LEAST, periods=1, description=description)

    def _add(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float,
        operator: cloudwatch.ComparisonOperator,
        periods: int,
        description: str,
        missing: cloudwatch.TreatMissingData = _MISSING.NOT_BREACHING,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=threshold,
            comparison_operator=operator,
            evaluation_periods=periods,
            treat_missing_data=missing,
            alarm_description=with_runbook(description, alarm=name, settings=self._settings),
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
        self.all.append(alarm)
