"""The dashboard for the person on duty, from the caller's side down to the model's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.serving.endpoint_metrics import EndpointMetrics
from stacks.shared.python_function import METRICS_NAMESPACE
from stacks.shared.service_metrics import (
    api_metric,
    function_metric,
    machine_metric,
    own_metric,
    queue_metric,
    table_metric,
)

_WIDE, _HALF, _THIRD, _QUARTER = 24, 12, 8, 6
_LOW = cloudwatch.YAxisProps(min=0)
_PERCENT = cloudwatch.YAxisProps(min=0, max=100)


class Dashboard(Construct):
    """One dashboard for an environment, a row for each part."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, title: str) -> None:
        super().__init__(scope, construct_id)
        self.dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=name,
            default_interval=cdk.Duration.hours(3),
            period_override=cloudwatch.PeriodOverride.AUTO,
        )
        self._title = title

    def show_alarms(self, alarms: Sequence[cloudwatch.IAlarm]) -> None:
        """All alarms at a glance."""
        text = f"# {self._title}\nThe description of a red alarm explains it; a failed run shows its reason."
        self.dashboard.add_widgets(cloudwatch.TextWidget(markdown=text, width=_WIDE, height=2))
        self.dashboard.add_widgets(
            cloudwatch.AlarmStatusWidget(alarms=list(alarms), title="Alarms", width=_WIDE, height=5)
        )

    def show_api(self, api_id: str, *, p99_ms: int) -> None:
        """Traffic, latency and errors as callers see them."""
        latency = [
            api_metric(api_id, "Latency", statistic=statistic, label=statistic) for statistic in ("p50", "p90", "p99")
        ]
        limit = cloudwatch.HorizontalAnnotation(value=p99_ms, label="alarm", color=cloudwatch.Color.RED)
        self.dashboard.add_widgets(
            _graph("API: requests per minute", [api_metric(api_id, "Count", label="requests")], width=_THIRD),
            _graph("API: latency, ms", latency, width=_THIRD, annotations=[limit]),
            _graph(
                "API: errors per minute",
                [api_metric(api_id, "4xx", label="4xx (caller)"), api_metric(api_id, "5xx", label="5xx (ours)")],
                width=_THIRD,
            ),
        )

    def show_predictions(self, *, service: str, environment: str, dead_letters: str) -> None:
        """The model's answers, and whether they are logged."""
        labels = cloudwatch.MathExpression(
            expression=(
                f"SEARCH('{{{METRICS_NAMESPACE},environment,label,service}} "
                f'MetricName="Labels" service="{service}" environment="{environment}"\', \'Sum\', 300)'
            ),
            label="",
            period=cdk.Duration.minutes(5),
        )
        confidence = [
            own_metric("Confidence", service=service, environment=environment, statistic=statistic, label=statistic)
            for statistic in ("p10", "p50")
        ]
        failed = own_metric("LogWriteFailed", service=service, environment=environment, label="not logged")
        lost = own_metric("LogWriteLost", service=service, environment=environment, label="only in the function's log")
        waiting = queue_metric(dead_letters, "ApproximateNumberOfMessagesVisible", label="in the dead-letter queue")
        self.dashboard.add_widgets(
            cloudwatch.GraphWidget(
                title="Predicted labels per 5 minutes", left=[labels], stacked=True, width=_THIRD, left_y_axis=_LOW
            ),
            _graph("Confidence of the predicted label", confidence, width=_THIRD),
            _graph("Request log: items not written", [failed, lost, waiting], width=_THIRD),
        )

    def show_work(self, *, service: str, environment: str, threshold: float | None) -> None:
        """The functions' own metrics: requests and texts, the model as they see it, keys, and the redrive.

        threshold: `api.threshold`; with one, uncertain answers are shown too.
        """

        def graph(title: str, **metrics: str) -> cloudwatch.GraphWidget:
            shown = [
                own_metric(name, service=service, environment=environment, label=label)
                for name, label in metrics.items()
            ]
            return _graph(title, shown, width=_QUARTER)

        latency = [
            own_metric("ModelLatencyMs", service=service, environment=environment, statistic=each, label=each)
            for each in ("p50", "p99")
        ]
        self.dashboard.add_widgets(
            graph(
                "Classify: per minute",
                Requests="requests",
                Texts="texts",
                RequestsFailed="failed",
                FallbackAnswers="answered by Bedrock",
                **({} if threshold is None else {"Uncertain": "uncertain texts"}),
            ),
            _graph("Classify: wait for the model, ms", latency, width=_QUARTER),
            graph("Keys: per minute", KeysRefused="refused", KeyUseUncounted="allowed uncounted"),
            graph("Redrive: log items per minute", LogItemsRedriven="written", LogRedriveFailed="failed"),
        )

    def show_endpoint(self, metrics: EndpointMetrics, *, instances: bool, service: str, environment: str) -> None:
        """The endpoint: requests, errors, latency and load."""
        times = [
            metrics.model_latency(statistic=statistic).with_(label=f"model {statistic}") for statistic in ("p50", "p99")
        ]
        unusable = own_metric("BadModelAnswers", service=service, environment=environment, label="unusable answers")
        errors = [metrics.faults().with_(label="5xx"), metrics.model_errors().with_(label="model errors"), unusable]
        load = [metrics.cpu().with_(label="CPU"), metrics.memory().with_(label="memory")]
        self.dashboard.add_widgets(
            _graph(
                "Endpoint: requests per minute", [metrics.requests().with_(label="requests"), *errors], width=_THIRD
            ),
            _graph(
                "Endpoint: time, microseconds",
                [*times, metrics.overhead_latency().with_(label="SageMaker")],
                width=_THIRD,
            ),
            _graph("Endpoint: load, percent", load, width=_THIRD)
            if instances
            else cloudwatch.TextWidget(
                markdown="A serverless endpoint reports no CPU or memory use.", width=_THIRD, height=6
            ),
        )
        if instances:
            running = metrics.cpu(statistic="SampleCount").with_(label="healthy instances")
            self.dashboard.add_widgets(
                _graph("Endpoint: instances (billed by the hour)", [running], width=_WIDE, height=4)
            )

    def show_sleep(self, metrics: EndpointMetrics, *, service: str, environment: str) -> None:
        """A model that sleeps: its copies, whom it kept waiting, and how long its wakes took."""

        def ours(name: str, label: str, statistic: str = "Sum") -> cloudwatch.Metric:
            return own_metric(name, service=service, environment=environment, statistic=statistic, label=label)

        waited = [
            metrics.without_copy().with_(label="requests that found no copy"),
            ours("AsleepRefused", "answered with 503"),
            ours("AsleepFallbackAnswers", "answered by Bedrock"),
        ]
        took = [ours("WakeSeconds", "took", "Maximum"), ours("WakingSeconds", "goes on for", "Maximum")]
        self.dashboard.add_widgets(
            _graph("Sleep: copies of the model", [ours("ModelCopies", "copies", "Maximum")], width=_THIRD),
            _graph("Sleep: requests that came too early", waited, width=_THIRD),
            _graph("Sleep: wakes, seconds", took, width=_THIRD),
        )

    def show_functions(self, functions: Mapping[str, str]) -> None:
        """Duration, errors and throttles of the API's functions."""
        times = [function_metric(name, "Duration", statistic="p99", label=use) for use, name in functions.items()]
        trouble = [
            function_metric(name, metric, label=f"{use} {metric.lower()}")
            for use, name in functions.items()
            for metric in ("Errors", "Throttles")
        ]
        self.dashboard.add_widgets(
            _graph("Functions: p99 duration, ms", times, width=_HALF),
            _graph("Functions: errors and throttles", trouble, width=_HALF),
        )

    def show_pipeline(self, machines: Mapping[str, str], *, promote: str, service: str, environment: str) -> None:
        """Runs of the training pipeline and of promotions."""
        graphs = [
            _graph(
                f"{use.capitalize()}: runs",
                [
                    machine_metric(arn, f"Executions{end}", label=end.lower())
                    for end in ("Started", "Succeeded", "Failed")
                ],
                width=_THIRD,
            )
            for use, arn in machines.items()
        ]
        settling = [
            own_metric(name, service=service, environment=environment, label=label)
            for name, label in (
                ("ApprovedDiffersFromServing", "the approved model does not serve"),
                ("ServingStackStuck", "the stack needs repair"),
                ("SettlingFailed", "check failed"),
                ("RolloutStopped", "a rollback stopped a rollout"),
                ("SettlingDone", "checked"),
            )
        ]
        settling.append(function_metric(promote, "Errors", label="the promote function failed, or waits for its turn"))
        self.dashboard.add_widgets(*graphs, _graph("Approved and serving model", settling, width=_THIRD))

    def show_drift(self, *, service: str, environment: str, function: str) -> None:
        """Drift looks: what they found, and whether they keep up with the log."""
        found = own_metric("DriftFound", service=service, environment=environment, statistic="Maximum", label="drift")
        counted = own_metric("DriftTexts", service=service, environment=environment, label="texts counted")
        behind = own_metric(
            "DriftBehindSeconds", service=service, environment=environment, statistic="Maximum", label="behind"
        )
        errors = function_metric(function, "Errors", label="failed looks")
        self.dashboard.add_widgets(
            _graph("Drift: found (1) or not (0)", [found, errors], width=_THIRD),
            _graph("Drift: texts that looks counted", [counted], width=_THIRD),
            _graph("Drift: seconds that looks are behind", [behind], width=_THIRD),
        )

    def show_features(self, *, service: str, environment: str) -> None:
        """The feature store: what is written, and what requests went on without."""

        def ours(name: str, label: str, statistic: str = "Sum") -> cloudwatch.Metric:
            return own_metric(name, service=service, environment=environment, statistic=statistic, label=label)

        missed = [ours("FeaturesMissed", "answered without features"), ours("FeaturesUnread", "reads that failed")]
        written = [
            ours("FeaturesWritten", "written"),
            ours("FeaturesLeftOut", "left out"),
            ours("FeaturesFailed", "computations that the store failed"),
        ]
        self.dashboard.add_widgets(
            _graph("Features: requests", missed, width=_THIRD),
            _graph("Features: events", written, width=_THIRD),
            _graph("Features: seconds behind", [ours("FeaturesBehindSeconds", "behind", "Maximum")], width=_THIRD),
        )

    def show_ab_tests(self, challenger: EndpointMetrics, *, service: str, environment: str, function: str) -> None:
        """A live A/B test's challenger, and whether tests go on and leave nothing behind."""

        def ours(name: str, label: str, statistic: str = "Sum") -> cloudwatch.Metric:
            return own_metric(name, service=service, environment=environment, statistic=statistic, label=label)

        texts = [
            ours("ChallengerTexts", "answered by the challenger"),
            ours("ChallengerFailed", "by the champion in its place"),
        ]
        times = [ours("ChallengerLatencyMs", statistic, statistic) for statistic in ("p50", "p99")]
        trouble = [
            challenger.faults().with_(label="5xx of the challenger"),
            challenger.model_errors().with_(label="errors of its model"),
            function_metric(function, "Errors", label="failed steps"),
            ours("ChallengerLeftOver", "resources left over", "Maximum"),
        ]
        self.dashboard.add_widgets(
            _graph("A/B test: texts per minute", texts, width=_THIRD),
            _graph("A/B test: wait for the challenger, ms", times, width=_THIRD),
            _graph("A/B test: errors", trouble, width=_THIRD),
        )

    def show_retraining(self, *, service: str, environment: str) -> None:
        """Decisions whether to train again, and what followed."""
        decided = [
            own_metric(name, service=service, environment=environment, label=label)
            for name, label in (
                ("RetrainingDecisions", "decisions"),
                ("RetrainingRuns", "started a run"),
                ("RetrainingAsks", "asked a person"),
            )
        ]
        self.dashboard.add_widgets(_graph("Retraining: decisions", decided, width=_THIRD))

    def show_tables(self, tables: Mapping[str, str]) -> None:
        """The tables' reads and writes, which determine their cost."""
        reads = [table_metric(name, "ConsumedReadCapacityUnits", label=use) for use, name in tables.items()]
        writes = [table_metric(name, "ConsumedWriteCapacityUnits", label=use) for use, name in tables.items()]
        self.dashboard.add_widgets(
            _graph("Tables: read units (billed)", reads, width=_HALF),
            _graph("Tables: write units (billed)", writes, width=_HALF),
        )


def _graph(
    title: str,
    metrics: Sequence[cloudwatch.IMetric],
    *,
    width: int,
    height: int = 6,
    annotations: Sequence[cloudwatch.HorizontalAnnotation] = (),
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=list(metrics),
        left_y_axis=_PERCENT if "percent" in title else _LOW,
        left_annotations=list(annotations),
        width=width,
        height=height,
    )
