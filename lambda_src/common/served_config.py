"""What an endpoint serves: its configuration, or the model of its inference component.

SageMaker takes a rollout back without an error: only the name shows it.
"""

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
    """An endpoint as DescribeEndpoint reports it; `alarms` names those that take a rollout back.

    config: the endpoint configuration, or of an inference component the model. copies: that a component has, None of an
    endpoint with a model of its own.
    """

    endpoint: str
    config: str
    status: str
    failure: str = ""
    alarms: tuple[str, ...] = ()
    copies: int | None = None

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


def describe_component(sagemaker: Any, *, component: str) -> Served:
    """The inference component as it is now. Raises ClientError where there is none."""
    answer = sagemaker.describe_inference_component(InferenceComponentName=component)
    watched = answer.get("LastDeploymentConfig", {}).get("AutoRollbackConfiguration", {}).get("Alarms", [])
    return Served(
        endpoint=component,
        config=str(answer["Specification"]["ModelName"]),
        status=str(answer["InferenceComponentStatus"]),
        failure=str(answer.get("FailureReason", "")),
        alarms=tuple(alarm["AlarmName"] for alarm in watched),
        copies=int(answer["RuntimeConfig"]["CurrentCopyCount"]),
    )


def model_name(sagemaker: Any, *, endpoint: str, config: str = "") -> str:
    """The model that an endpoint serves: its configuration's, or that of its inference component, which has the
    endpoint's name. config: the configuration, where it is known. Raises ClientError where there is none.
    """
    config = config or sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    variant = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]
    if "ModelName" in variant:
        return str(variant["ModelName"])
    return describe_component(sagemaker, component=endpoint).config


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
    what = "configuration" if served.copies is None else "model"
    text = (
        f"SageMaker took the rollout back: the endpoint {served.endpoint} still serves the {what} "
        f"{served.config} and not {wanted}{because}"
    )
    if ringing:
        return f"{text}; alarms that ring: {', '.join(ringing)}"
    return f"{text}; alarms that take a rollout back: {', '.join(served.alarms)}" if served.alarms else text
