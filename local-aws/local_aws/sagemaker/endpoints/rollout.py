"""Convert an update's DeploymentConfig to a list of traffic-shifting steps."""

import math
from dataclasses import dataclass
from typing import Any

_DEFAULT_TIMEOUT = 14400.0


@dataclass(frozen=True)
class Step:
    """Send `share` of the traffic (0 to 1) to the new fleet, then watch the alarms for `wait` seconds."""

    share: float
    wait: float


@dataclass(frozen=True)
class Rollout:
    """The steps of an update. Alarms are also watched in `termination_wait`; `timeout` limits the whole. In seconds."""

    steps: tuple[Step, ...]
    termination_wait: float
    timeout: float
    alarms: tuple[str, ...]


def plan(deployment: dict[str, Any] | None, *, instances: int) -> Rollout:
    """Plan the rollout of a DeploymentConfig (None: all at once) for a fleet of this many instances."""
    deployment = deployment or {}
    alarms = tuple(alarm["AlarmName"] for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", []))
    if "RollingUpdatePolicy" in deployment:
        policy = deployment["RollingUpdatePolicy"]
        steps = _stairs(_share(policy["MaximumBatchSize"], instances), policy["WaitIntervalInSeconds"])
        return Rollout(steps, 0.0, policy.get("MaximumExecutionTimeoutInSeconds", _DEFAULT_TIMEOUT), alarms)
    policy = deployment.get("BlueGreenUpdatePolicy", {})
    return Rollout(
        _blue_green(policy.get("TrafficRoutingConfiguration", {}), instances),
        float(policy.get("TerminationWaitInSeconds", 0)),
        float(policy.get("MaximumExecutionTimeoutInSeconds", _DEFAULT_TIMEOUT)),
        alarms,
    )


def _blue_green(routing: dict[str, Any], instances: int) -> tuple[Step, ...]:
    wait = float(routing.get("WaitIntervalInSeconds", 0))
    kind = routing.get("Type", "ALL_AT_ONCE")
    if kind == "CANARY":
        return (Step(_share(routing.get("CanarySize"), instances), wait), Step(1.0, wait))
    if kind == "LINEAR":
        return _stairs(_share(routing.get("LinearStepSize"), instances), wait)
    return (Step(1.0, wait),)


def _stairs(size: float, wait: float) -> tuple[Step, ...]:
    count = max(1, math.ceil(1.0 / size - 1e-9))
    return tuple(Step(min(1.0, size * number), float(wait)) for number in range(1, count + 1))


def _share(size: dict[str, Any] | None, instances: int) -> float:
    if not size:
        return 1.0
    whole = 100 if size["Type"] == "CAPACITY_PERCENT" else max(1, instances)
    return min(1.0, max(0.01, float(size["Value"]) / whole))
