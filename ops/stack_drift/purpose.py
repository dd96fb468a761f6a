"""What runs differently from its template on purpose, and is no drift: autoscaling, a rollout, an A/B test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.ab_tests.challenger import ARTIFACT, NOTHING, SERVE, YES
from ops.stack_drift.comparing import Difference
from ops.stack_drift.expected import DeployedStack

ENDPOINT = "AWS::SageMaker::Endpoint"
_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
ROLLING = ("Updating", "SystemUpdating", "RollingBack", "Creating")


def counts(
    stack: DeployedStack, endpoint: dict[str, Any], *, initial: dict[str, int]
) -> tuple[list[Difference], list[str]]:
    """Instance counts of an endpoint: differences that nobody wants, and lines on those that autoscaling set.

    endpoint: DescribeEndpoint's answer; initial: InitialInstanceCount by variant.
    """
    found, notes = [], []
    bounds = dict(_bounds(stack))
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
