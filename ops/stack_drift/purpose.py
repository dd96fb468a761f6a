"""What runs differently from its template on purpose, and is no drift: autoscaling, a rollout, an A/B test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from contracts.ab_tests.challenger import ARTIFACT, NOTHING, SERVE, YES
from ops.stack_drift.comparing import Difference
from ops.stack_drift.expected import DeployedStack

ENDPOINT = "AWS::SageMaker::Endpoint"
_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
ROLLING = ("Updating", "SystemUpdating", "RollingBack", "Creating")


def counts(
    stack: DeployedStack, endpoint: dict[str, Any], *, variants: list[dict[str, Any]]
) -> tuple[list[Difference], list[str]]:
    """Instance counts of an endpoint: differences that nobody wants, and lines on those that autoscaling set.

    endpoint: DescribeEndpoint's answer; variants: those of its configuration.
    """
    found, notes = [], []
    initial = {each["VariantName"]: each.get("InitialInstanceCount", 0) for each in variants}
    bounds = {**dict(_bounds(stack)), **dict(_managed(variants))}
    for variant in endpoint.get("ProductionVariants") or []:
        name, desired = variant["VariantName"], variant.get("DesiredInstanceCount")
        wanted = initial.get(name)
        if desired is None or wanted is None or desired == wanted:
            continue
        low, high = bounds.get(name, (wanted, wanted))
        if low <= desired <= high:
            notes.append(
                f"{endpoint['EndpointName']}: autoscaling runs {desired} instances of {name} (from {low} to {high})"
            )
        else:
            path = f"ProductionVariants[{name}].DesiredInstanceCount"
            found.append(Difference(path=path, expected=str(wanted), actual=str(desired)))
    return found, notes


def _bounds(stack: DeployedStack) -> Iterator[tuple[str, tuple[int, int]]]:
    """What autoscaling may choose, by variant: `endpoint/NAME/variant/VARIANT` is the resource id of a target."""
    for name, resource in stack.resources.items():
        if resource.get("Type") == _TARGET:
            properties = stack.properties(name)
            variant = str(properties.get("ResourceId", "")).rpartition("/")[2]
            yield variant, (int(properties["MinCapacity"]), int(properties["MaxCapacity"]))


def _managed(variants: list[dict[str, Any]]) -> Iterator[tuple[str, tuple[int, int]]]:
    """What SageMaker may choose, by variant: as many instances as the copies of inference components need."""
    for each in variants:
        scaling = each.get("ManagedInstanceScaling") or {}
        if scaling.get("Status") == "ENABLED":
            yield each["VariantName"], (int(scaling["MinInstanceCount"]), int(scaling["MaxInstanceCount"]))


def scheduled(kind: str, properties: dict[str, Any], differences: Iterable[Difference]) -> bool:
    """Whether a scalable target differs by the limits alone that one of its scheduled actions has set."""
    if kind != _TARGET:
        return False
    differ = {each.path: each.actual for each in differences}
    limits = {path: str(properties.get(path)) for path in ("MinCapacity", "MaxCapacity")} | differ
    actions = [each.get("ScalableTargetAction") or {} for each in properties.get("ScheduledActions") or []]
    return bool(differ) and limits in [{path: str(each.get(path)) for path in limits} for each in actions]


def rollout(endpoint: dict[str, Any]) -> list[str]:
    """A line while the endpoint changes from one configuration to another."""
    if endpoint.get("EndpointStatus") not in ROLLING:
        return []
    return [f"{endpoint['EndpointName']} is {endpoint['EndpointStatus']}: a rollout decides which configuration serves"]


def challenger(stack: DeployedStack) -> list[str]:
    """A line while the stack Challenger holds the model of an A/B test, which its parameters say."""
    if stack.parameters.get(ARTIFACT, NOTHING) == NOTHING:
        return []
    served = " and its endpoint" if stack.parameters.get(SERVE) == YES else ""
    return [f"{stack.name} has the model of an A/B test{served}"]
