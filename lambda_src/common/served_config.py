"""Which configuration an endpoint serves. SageMaker takes a rollout back without an error: only the name shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Statuses of an endpoint that is changing (EndpointStatus in SageMaker's API reference).
_BUSY = {"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"}
# SageMaker's own maintenance changes nothing that a customer has specified (EndpointStatus).
_SERVES = {"InService", "SystemUpdating"}


@dataclass(frozen=True)
class Served:
    """An endpoint as DescribeEndpoint reports it; `alarms` names those that take a rollout back."""

    endpoint: str
    config: str
    status: str
    failure: str = ""
    alarms: tuple[str, ...] = ()

    @property
    def busy(self) -> bool:
        """Whether it has yet to settle."""
        return self.status in _BUSY


def describe(sagemaker: Any, *, endpoint: str) -> Served:
    """The endpoint as it is now. Raises ClientError where there is none."""
    answer = sagemaker.describe_endpoint(EndpointName=endpoint)
    watched = answer.get("LastDeploymentConfig", {}).get("AutoRollbackConfiguration", {}).get("Alarms", [])
    return Served(
        endpoint=endpoint,
        config=str(answer["EndpointConfigName"]),
        status=str(answer["EndpointStatus"]),
        failure=str(answer.get("FailureReason", "")),
        alarms=tuple(alarm["AlarmName"] for alarm in watched),
    )


def busy(served: Served, *, wanted: str) -> bool:
    """Whether to look again later: maintenance of an endpoint that serves `wanted` need not be waited for."""
    return served.busy and bool(difference(served, wanted=wanted))


def difference(served: Served, *, wanted: str, ringing: Sequence[str] = ()) -> str:
    """Why an endpoint does not serve the configuration `wanted`; "" when it does. ringing: alarms in ALARM."""
    because = f" ({served.failure})" if served.failure else ""
    if served.status not in _SERVES:
        return f"the endpoint {served.endpoint} is {served.status}{because}"
    # SageMaker's ARNs are in lower case, its names are not, and `wanted` may come from either.
    if served.config.lower() == wanted.lower():
        return ""
    text = (
        f"SageMaker took the rollout back: the endpoint {served.endpoint} still serves the configuration "
        f"{served.config} and not {wanted}{because}"
    )
    if ringing:
        return f"{text}; alarms that ring: {', '.join(ringing)}"
    return f"{text}; alarms that take a rollout back: {', '.join(served.alarms)}" if served.alarms else text
