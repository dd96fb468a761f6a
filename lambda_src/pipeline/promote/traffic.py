"""What a new model has answered, and which rollback alarms ring."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

_MINUTE = 60.0
# GetMetricStatistics gives no more datapoints at once (its API reference).
_MOST_MINUTES = 1440


class Traffic:
    """CloudWatch. endpoint: its name; alarms: the names of those that take a rollout back."""

    def __init__(self, cloudwatch: Any, *, endpoint: str, variant: str, alarms: Sequence[str]) -> None:
        self._cloudwatch = cloudwatch
        self._endpoint = endpoint
        self._variant = variant
        self._alarms = list(alarms)

    def requests(self, config: str, *, since: float, until: float) -> int | None:
        """How many requests the instances with this endpoint configuration have got since then (seconds since 1970);
        None if CloudWatch does not answer.

        SageMaker counts them by configuration as soon as the new instances get traffic ("deployment-guardrails-
        configuration" in its guide), a minute or two after they came.
        """
        start = max(math.floor(since / _MINUTE), math.ceil(until / _MINUTE) - _MOST_MINUTES) * _MINUTE
        dimensions = {"EndpointName": self._endpoint, "VariantName": self._variant, "EndpointConfigName": config}
        try:
            answer = self._cloudwatch.get_metric_statistics(
                Namespace="AWS/SageMaker",
                MetricName="Invocations",
                Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
                StartTime=datetime.fromtimestamp(start, UTC),
                EndTime=datetime.fromtimestamp(math.ceil(until / _MINUTE) * _MINUTE, UTC),
                Period=int(_MINUTE),
                Statistics=["Sum"],
            )
        except ClientError:
            return None
        return round(sum(float(point["Sum"]) for point in answer["Datapoints"]))

    def ringing(self, *, ending: str = "") -> list[str]:
        """The rollback alarms that ring and whose names end so."""
        wanted = [name for name in self._alarms if name.endswith(ending)]
        if not wanted:
            return []
        answer = self._cloudwatch.describe_alarms(AlarmNames=wanted, StateValue="ALARM")
        return sorted(alarm["AlarmName"] for alarm in answer["MetricAlarms"])
