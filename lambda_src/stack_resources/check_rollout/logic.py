"""Whether an endpoint serves its stack's configuration."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lambda_src.common import aws, served_config

_POLL_SECONDS = 5.0
_RESERVE_MS = 20_000


class RolloutTakenBack(Exception):  # noqa: N818 (CloudFormation shows the name)
    """The endpoint does not serve the stack's configuration; the message says what it serves and why."""


def _settled(endpoint: str, *, wanted: str, remaining_ms: Callable[[], int]) -> served_config.Served:
    while True:
        served = served_config.describe(aws.client("sagemaker"), endpoint=endpoint)
        if not served_config.busy(served, wanted=wanted):
            return served
        if remaining_ms() < _RESERVE_MS:
            raise RolloutTakenBack(f"the endpoint {endpoint} is still {served.status}")
        time.sleep(_POLL_SECONDS)


def _ringing(names: tuple[str, ...]) -> list[str]:
    if not names:
        return []
    answer = aws.client("cloudwatch").describe_alarms(AlarmNames=list(names), StateValue="ALARM")
    return [alarm["AlarmName"] for alarm in answer["MetricAlarms"]]


def check(properties: dict[str, Any], *, remaining_ms: Callable[[], int]) -> None:
    """Raises RolloutTakenBack."""
    wanted = properties["EndpointConfigName"]
    served = _settled(properties["EndpointName"], wanted=wanted, remaining_ms=remaining_ms)
    if served_config.difference(served, wanted=wanted):
        raise RolloutTakenBack(served_config.difference(served, wanted=wanted, ringing=_ringing(served.alarms)))
