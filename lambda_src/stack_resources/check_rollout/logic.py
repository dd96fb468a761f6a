"""Whether an endpoint serves its stack's configuration, or its inference component the stack's model."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lambda_src.common import aws, served_config

_POLL_SECONDS = 5.0
_RESERVE_MS = 20_000


class RolloutTakenBack(Exception):  # noqa: N818 (CloudFormation shows the name)
    """The endpoint does not serve the stack's configuration; the message says what it serves and why."""


def _served(properties: dict[str, Any]) -> tuple[served_config.Served, str]:
    """What serves, and what should."""
    sagemaker = aws.client("sagemaker")
    if "InferenceComponentName" in properties:
        component = properties["InferenceComponentName"]
        return served_config.describe_component(sagemaker, component=component), properties["ModelName"]
    return served_config.describe(sagemaker, endpoint=properties["EndpointName"]), properties["EndpointConfigName"]


def _settled(properties: dict[str, Any], *, remaining_ms: Callable[[], int]) -> tuple[served_config.Served, str]:
    while True:
        served, wanted = _served(properties)
        if not served_config.busy(served, wanted=wanted):
            return served, wanted
        if remaining_ms() < _RESERVE_MS:
            raise RolloutTakenBack(f"the endpoint {served.endpoint} is still {served.status}")
        time.sleep(_POLL_SECONDS)


def _ringing(names: tuple[str, ...]) -> list[str]:
    if not names:
        return []
    answer = aws.client("cloudwatch").describe_alarms(AlarmNames=list(names), StateValue="ALARM")
    return [alarm["AlarmName"] for alarm in answer["MetricAlarms"]]


def check(properties: dict[str, Any], *, remaining_ms: Callable[[], int]) -> None:
    """Raises RolloutTakenBack."""
    served, wanted = _settled(properties, remaining_ms=remaining_ms)
    if served_config.difference(served, wanted=wanted):
        raise RolloutTakenBack(served_config.difference(served, wanted=wanted, ringing=_ringing(served.alarms)))
