"""CloudWatch metrics of a SageMaker endpoint, by its name."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

# By role, not by model: a rollout needs the same names in the old and the new configuration.
VARIANT = "champion"


class EndpointMetrics:
    """Metrics of an endpoint's one variant, without labels: an alarm on a labelled one becomes metric math.

    component: the inference component that is the model; SageMaker then counts by its name alone
    ("monitoring-cloudwatch" in its guide).
    """

    def __init__(
        self,
        endpoint_name: str,
        *,
        variant: str = VARIANT,
        component: str | None = None,
        period: cdk.Duration | None = None,
    ) -> None:
        self._component = component
        of_endpoint = {"EndpointName": endpoint_name, "VariantName": variant}
        self._dimensions = of_endpoint if component is None else {"InferenceComponentName": component}
        self._period = period or cdk.Duration.minutes(1)

    def requests(self) -> cloudwatch.Metric:
        """Requests to the endpoint."""
        return self._invocations("Invocations")

    def faults(self) -> cloudwatch.Metric:
        """Requests that the endpoint answered with 5xx."""
        return self._invocations("Invocation5XXErrors")

    def model_errors(self) -> cloudwatch.Metric:
        """Requests that the model's container did not answer with 2xx."""
        return self._invocations("InvocationModelErrors")

    def model_latency(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """Time in the model's container, microseconds."""
        return self._invocations("ModelLatency", statistic=statistic)

    def overhead_latency(self) -> cloudwatch.Metric:
        """Time that SageMaker adds, microseconds."""
        return self._invocations("OverheadLatency", statistic="Average")

    def cpu(self, *, statistic: str = "Average") -> cloudwatch.Metric:
        """Processor use of the instances; its SampleCount is there only while an instance is healthy."""
        return self._instances("CPUUtilization", statistic=statistic)

    def memory(self) -> cloudwatch.Metric:
        """Memory use of the instances, percent."""
        return self._instances("MemoryUtilization", statistic="Average")

    def _invocations(self, name: str, *, statistic: str = "Sum") -> cloudwatch.Metric:
        return self._metric("AWS/SageMaker", name, statistic=statistic)

    def without_copy(self) -> cloudwatch.Metric:
        """Requests that found a component without a copy: asleep, or about to wake."""
        return self._invocations("NoCapacityInvocationFailures")

    def _instances(self, name: str, *, statistic: str) -> cloudwatch.Metric:
        if self._component is not None:
            return self._metric("/aws/sagemaker/InferenceComponents", f"{name}Normalized", statistic=statistic)
        return self._metric("/aws/sagemaker/Endpoints", name, statistic=statistic)

    def _metric(self, namespace: str, name: str, *, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=name,
            dimensions_map=self._dimensions,
            statistic=statistic,
            period=self._period,
        )
