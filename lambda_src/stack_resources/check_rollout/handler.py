"""Custom resource, without a framework, that holds a stack's endpoint to the configuration that the stack gave it.

ResourceProperties: `EndpointName`, `EndpointConfigName`. Create and Update fail when the endpoint serves another one.
CloudFormation then rolls back, and so never comes to delete the configuration that still serves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from lambda_src.common import aws, cfn_response, served_config

logger = Logger()

_POLL_SECONDS = 5.0
_RESERVE_MS = 20_000


class RolloutTakenBack(Exception):  # noqa: N818 (CloudFormation shows the name)
    """The endpoint does not serve the stack's configuration; the message says what it serves and why."""


def _physical_id(event: dict[str, Any]) -> str:
    known = event.get("PhysicalResourceId")
    return str(known) if known else f"rollout-{event['StackId'].split('/')[-1]}-{event['LogicalResourceId']}"


def _rolls_back(stack_id: str) -> bool:
    """Whether the stack is rolling back: CloudFormation chooses the order, and a failure would stop it."""
    [stack] = aws.client("cloudformation").describe_stacks(StackName=stack_id)["Stacks"]
    return "ROLLBACK" in stack["StackStatus"]


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
    found = aws.client("cloudwatch").describe_alarms(AlarmNames=list(names), StateValue="ALARM")
    return [alarm["AlarmName"] for alarm in found["MetricAlarms"]]


def check(properties: dict[str, Any], *, remaining_ms: Callable[[], int]) -> None:
    """Raises RolloutTakenBack."""
    wanted = properties["EndpointConfigName"]
    served = _settled(properties["EndpointName"], wanted=wanted, remaining_ms=remaining_ms)
    if served_config.difference(served, wanted=wanted):
        raise RolloutTakenBack(served_config.difference(served, wanted=wanted, ringing=_ringing(served.alarms)))


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    """A CloudFormation event; answers SUCCESS, or FAILED with the reason."""
    remaining = context.get_remaining_time_in_millis

    def work() -> bool:
        kind = event["RequestType"]
        if kind == "Create" or (kind == "Update" and not _rolls_back(event["StackId"])):
            check(event["ResourceProperties"], remaining_ms=remaining)
        return True

    cfn_response.always(event, work, physical_id=_physical_id(event), logger=logger, remaining_ms=remaining)
