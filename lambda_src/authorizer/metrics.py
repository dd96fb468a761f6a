"""The authorizer's CloudWatch metrics, by service and environment. Imported only when one is written."""

from __future__ import annotations

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit


def uncounted(*, service: str, environment: str) -> None:
    """Count a request that was allowed without being counted."""
    dimensions = {"service": service, "environment": environment}
    with single_metric(name="KeyUseUncounted", unit=MetricUnit.Count, value=1, default_dimensions=dimensions):
        return


def refused(*, service: str, environment: str) -> None:
    """Count a request without a valid key."""
    dimensions = {"service": service, "environment": environment}
    with single_metric(name="KeysRefused", unit=MetricUnit.Count, value=1, default_dimensions=dimensions):
        return
