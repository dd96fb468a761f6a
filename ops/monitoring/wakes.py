"""Whether the model sleeps, how long its last wakes took, and waking it (`rubric wake`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment import stack_outputs
from contracts.serving import wakes
from ops.deployment.cloud import Cloud
from ops.errors import NOT_FOUND, OpsError, code_of

_POLL_SECONDS = 5.0


@dataclass(frozen=True)
class Sleep:
    """An inference component: its status, the copies that it has and is to have, and its last wakes, seconds.

    expected_seconds: how long the next wake will take. failure: why copies did not come, or "".
    """

    component: str
    status: str
    copies: int
    wanted: int
    wakes: list[float] = field(default_factory=list)
    failure: str = ""

    @property
    def expected_seconds(self) -> int:
        """How long a wake takes here."""
        return wakes.expected_seconds(self.wakes)

    @property
    def state(self) -> str:
        """`awake`, `waking` or `asleep`."""
        return "awake" if self.copies else "waking" if self.wanted else "asleep"


def read(cloud: Cloud) -> Sleep | None:
    """The component as it is now; None where the model never sleeps or none is deployed."""
    name = cloud.stacks.get(stack_outputs.ENDPOINT_NAME)
    if name is None or cloud.stacks.get(stack_outputs.SERVED_MODEL_NAME) is None:
        return None
    try:
        answer = cloud.client("sagemaker").describe_inference_component(InferenceComponentName=name)
    except ClientError as error:
        if code_of(error) != "ValidationException":
            raise
        return None
    runtime = answer["RuntimeConfig"]
    return Sleep(
        component=name,
        status=answer["InferenceComponentStatus"],
        copies=runtime["CurrentCopyCount"],
        wanted=runtime["DesiredCopyCount"],
        wakes=_last(cloud),
        failure=answer.get("FailureReason", ""),
    )


def wake(
    cloud: Cloud,
    *,
    timeout: float,
    say: Callable[[str], None],
    seconds: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Any] = time.sleep,
) -> tuple[Sleep, float]:
    """Ask for a copy and wait for it. Returns the component and how long that took, seconds. Raises OpsError."""
    now = read(cloud)
    if now is None:
        raise OpsError(_never_sleeps(cloud), status=NOT_FOUND)
    began, asked = seconds(), False
    while not now.copies:
        if not now.wanted and now.status == "InService":
            if asked:
                why = f": {now.failure}" if now.failure else ""
                raise OpsError(f"The model {now.component} did not wake{why}")
            _ask(cloud, now)
            asked = True
            say(f"{now.component} was asleep and is being woken; that takes about {now.expected_seconds} s here.")
        if seconds() - began > timeout:
            raise OpsError(f"The model {now.component} is not awake after {timeout:.0f} s: `rubric status` shows it")
        sleep(_POLL_SECONDS)
        now = read(cloud) or now
    return now, seconds() - began


def _ask(cloud: Cloud, now: Sleep) -> None:
    """Ask for a copy, unless the schedule would take it away again. Raises OpsError."""
    answer = cloud.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[f"inference-component/{now.component}"]
    )
    if any(target["MaxCapacity"] == 0 for target in answer["ScalableTargets"]):
        raise OpsError(
            "serving.schedule keeps the model asleep now (max_instances is 0): wait, or change it and deploy"
        )
    cloud.client("sagemaker").update_inference_component_runtime_config(
        InferenceComponentName=now.component, DesiredRuntimeConfig={"CopyCount": 1}
    )


def _never_sleeps(cloud: Cloud) -> str:
    if cloud.stacks.get(stack_outputs.ENDPOINT_NAME) is None:
        return f"No endpoint is deployed in {cloud.env}: `rubric status` shows what is"
    return f"The model of {cloud.env} never sleeps: serving.min_instances is {cloud.settings.serving.min_instances}"


def _last(cloud: Cloud) -> list[float]:
    table = cloud.stacks.get(stack_outputs.REQUEST_LOG_TABLE_NAME)
    if table is None:
        return []
    key = {"request_id": {"S": wakes.ITEM_ID}, "position": {"N": str(wakes.POSITION)}}
    item = cloud.client("dynamodb").get_item(TableName=table, Key=key).get("Item", {})
    return [float(each["N"]) for each in item.get(wakes.WAKES, {}).get("L", [])]
