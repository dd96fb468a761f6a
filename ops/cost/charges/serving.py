"""What serving costs: instances, or the time of a serverless endpoint."""

from __future__ import annotations

import math

from contracts.prices import units
from environments.settings import Settings
from ops.cost import assumptions
from ops.cost.amounts import Amounts, same
from ops.cost.charges.context import Context, Resource
from ops.cost.lines import Charge
from ops.cost.traffic import HOURS, MINUTES_A_DAY, Traffic


def endpoint(resource: Resource, context: Context) -> list[Charge]:
    """The endpoint that serves; a challenger's is only there while a test runs."""
    serving = context.settings.serving
    if resource.part == "Challenger" or resource.conditional:
        instance = serving.instance_type
        return (
            [Charge(key=f"{units.HOSTING}{instance}", what=f"{instance}, while a test runs", amounts=None)]
            if (instance)
            else [Charge(key=units.SERVERLESS, what="memory, while a test runs", amounts=None)]
        )
    if serving.mode == "serverless":
        return [serverless(context.settings, context.traffic, memory_mb=serving.serverless_memory_mb or 0)]
    return [instances(context.settings, context.traffic)]


def instances(settings: Settings, traffic: Traffic) -> Charge:
    """Hours of instances: never fewer than `min_instances`, more as autoscaling adds them."""
    serving = settings.serving
    least, most = serving.min_instances or 0, serving.most_instances or 1

    def hours(requests: float, *, busy: bool) -> float:
        if busy:
            return most * HOURS
        wanted = needed(settings, requests)
        if least == 0 and wanted <= 1:
            return HOURS * awake_share(requests)
        return min(max(wanted, least, 1), most) * HOURS

    requests = traffic.requests
    amounts = Amounts(
        hours(requests.low, busy=False), hours(requests.expected, busy=False), hours(requests.high, busy=most > least)
    )
    return Charge(
        key=f"{units.HOSTING}{serving.instance_type}",
        what=f"{least} to {most} × {serving.instance_type}" if most > least else f"{least} × {serving.instance_type}",
        amounts=amounts,
    )


def needed(settings: Settings, requests: float) -> int:
    """Instances for so many requests a day, spread evenly, by the target of autoscaling."""
    target = settings.serving.target_invocations_per_instance
    return math.ceil(requests / MINUTES_A_DAY / target) if target else 1


def awake_share(requests: float) -> float:
    """Share of the time in which an endpoint that may go to zero is awake.

    It is awake if a request came in the last `IDLE_MINUTES`; requests are taken to come at random (a Poisson process).
    """
    return 1 - math.exp(-requests / MINUTES_A_DAY * assumptions.IDLE_MINUTES)


def serverless(settings: Settings, traffic: Traffic, *, memory_mb: int) -> Charge:
    """GB-seconds of a serverless endpoint."""
    gigabytes, seconds, monthly = memory_mb / 1024, assumptions.SERVERLESS_SECONDS, traffic.monthly
    return Charge(
        key=units.SERVERLESS,
        what=f"{gigabytes:g} GB while it answers",
        amounts=Amounts(
            monthly.low * seconds.low * gigabytes,
            monthly.expected * seconds.expected * gigabytes,
            monthly.high * seconds.high * gigabytes,
        ),
    )


def training(settings: Settings, runs: float) -> Charge:
    """Hours of training instances in a month, for so many scheduled runs; without any, by use."""
    chosen = settings.training
    longest = chosen.max_runtime_minutes / 60 * chosen.instance_count
    often = f"{runs:,.1f} runs" if runs else "runs"
    return Charge(
        key=f"{units.TRAINING}{chosen.instance_type}",
        what=f"training: {often} on {chosen.instance_count} × {chosen.instance_type}",
        amounts=assumptions.TRAINING_SHARE.times(longest * runs) if runs else None,
    )


def image(resource: Resource, context: Context) -> list[Charge]:
    """The serving image's storage."""
    return [Charge(key="ecr.storage", what="the serving image", amounts=assumptions.IMAGE_GB)]


def build(resource: Resource, context: Context) -> list[Charge]:
    """Minutes of builds, which come with a change of the image."""
    return [Charge(key="codebuild.small_minutes", what="minutes of builds", amounts=None)]


def database(resource: Resource, context: Context) -> list[Charge]:
    """An instance of DocumentDB."""
    kind = str(resource.properties.get("DBInstanceClass", ""))
    return [Charge(key=f"{units.DATABASE}{kind}", what=kind, amounts=same(HOURS))]


def cluster(resource: Resource, context: Context) -> list[Charge]:
    """What a DocumentDB cluster holds and reads."""
    return [
        Charge(key="docdb.storage", what="storage", amounts=None),
        Charge(key="docdb.io", what="reads and writes", amounts=None),
    ]
