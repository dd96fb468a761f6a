"""CloudWatch metrics of other services, by the names of their resources."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.shared.python_function import METRICS_NAMESPACE


def api_metric(api_id: str, name: str, *, statistic: str = "Sum", label: str | None = None) -> cloudwatch.Metric:
    """A metric of an HTTP API: Count, 4xx, 5xx, Latency, IntegrationLatency (milliseconds)."""
    return _metric("AWS/ApiGateway", name, {"ApiId": api_id}, statistic=statistic, label=label)


def function_metric(
    function_name: str, name: str, *, statistic: str = "Sum", label: str | None = None
) -> cloudwatch.Metric:
    """A metric of a Lambda function: Invocations, Errors, Throttles, Duration (milliseconds), ConcurrentExecutions."""
    return _metric("AWS/Lambda", name, {"FunctionName": function_name}, statistic=statistic, label=label)


def machine_metric(arn: str, name: str, *, label: str | None = None) -> cloudwatch.Metric:
    """A metric of a state machine: ExecutionsStarted, ExecutionsSucceeded, ExecutionsFailed."""
    return _metric("AWS/States", name, {"StateMachineArn": arn}, label=label)


def table_metric(
    table_name: str, name: str, *, index: str | None = None, label: str | None = None
) -> cloudwatch.Metric:
    """A metric of a DynamoDB table, or of one of its indexes: ReadThrottleEvents, WriteThrottleEvents.

    A table's own metrics do not include its indexes' ("DynamoDB metrics and dimensions" in the developer guide).
    """
    of_index = {"GlobalSecondaryIndexName": index} if index else {}
    return _metric("AWS/DynamoDB", name, {"TableName": table_name, **of_index}, label=label)


def queue_metric(queue_name: str, name: str, *, label: str | None = None) -> cloudwatch.Metric:
    """A metric of an SQS queue."""
    return _metric("AWS/SQS", name, {"QueueName": queue_name}, statistic="Maximum", label=label)


def own_metric(
    name: str, *, service: str, environment: str, statistic: str = "Sum", label: str | None = None
) -> cloudwatch.Metric:
    """A metric that our functions print: BadModelAnswers, LogWriteFailed, LogWriteLost, Confidence."""
    return _metric(
        METRICS_NAMESPACE, name, {"service": service, "environment": environment}, statistic=statistic, label=label
    )


def _metric(
    namespace: str, name: str, dimensions: Mapping[str, str], *, statistic: str = "Sum", label: str | None = None
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dict(dimensions),
        statistic=statistic,
        period=cdk.Duration.minutes(1),
        label=label,
    )
