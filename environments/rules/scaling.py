"""Settings of an endpoint that sleeps, and of its schedule, that cannot work."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from typing import TYPE_CHECKING

from environments.aws.regions import known
from environments.rules.problem import Problem

if TYPE_CHECKING:
    from environments.sections.environment import Settings

COMPONENT = "AWS::SageMaker::InferenceComponent"


def problems(settings: Settings) -> Iterator[Problem]:
    """What an inference component does not have, where AWS has none, and limits that contradict one another."""
    serving = settings.serving
    if serving.sleeps:
        yield from _asleep(settings)
    else:
        for field in ("copy_memory_mb", "copy_cpus"):
            if getattr(serving, field) is not None:
                allowed = f"it needs serving.min_instances: 0 (now {serving.min_instances}); remove it"
                yield Problem(("serving", field), getattr(serving, field), allowed)
    for number, entry in enumerate(serving.schedule or []):
        at = ("serving", "schedule", str(number))
        if entry.min_instances > entry.max_instances:
            yield Problem((*at, "max_instances"), entry.max_instances, f"use {entry.min_instances} or more")
        if not serving.sleeps and 0 in (entry.min_instances, entry.max_instances):
            field = "min_instances" if entry.min_instances == 0 else "max_instances"
            allowed = "only a model that sleeps can be without instances: set serving.min_instances to 0 (now "
            yield Problem((*at, field), 0, f"{allowed}{serving.min_instances}), or use 1 or more")
        if not _is_zone(entry.time_zone):
            yield Problem((*at, "time_zone"), entry.time_zone, "use an IANA name such as Europe/Berlin")
        if entry.cron.split()[2] != "?" and entry.cron.split()[4] != "?":
            yield Problem((*at, "cron"), entry.cron, "put ? for the day of month or for the day of week")


def _asleep(settings: Settings) -> Iterator[Problem]:
    serving, at = settings.serving, ("serving", "min_instances")
    region = known().get(settings.region)
    if region is not None and COMPONENT in region.lacks:
        allowed = f"CloudFormation has no {COMPONENT} in {settings.region}: use 1 or more, or another region"
        yield Problem(at, 0, allowed)
    if not settings.classifier.trained:
        yield Problem(at, 0, "classifier.backend is bedrock, so no model sleeps; use 1 or more")
    if serving.data_capture_percent:
        allowed = "AWS documents no capture for a model that sleeps: remove it, or set serving.min_instances to 1"
        yield Problem(("serving", "data_capture_percent"), serving.data_capture_percent, allowed)
    if serving.canary_percent is not None:
        allowed = "a model that sleeps is rolled out copy by copy, without a canary: remove it"
        yield Problem(("serving", "canary_percent"), serving.canary_percent, allowed)
    if serving.canary_min_requests is not None:
        allowed = "SageMaker does not count a component's requests by model: remove it"
        yield Problem(("serving", "canary_min_requests"), serving.canary_min_requests, allowed)
    if settings.ab_tests.new_models == "live":
        allowed = "a live test's champion must not sleep: use replay or promote, or set serving.min_instances to 1"
        yield Problem(("ab_tests", "new_models"), "live", allowed)


def _is_zone(name: str) -> bool:
    """Whether it is an IANA name; where this machine has no list of them, each is."""
    zones = zoneinfo.available_timezones()
    return not zones or name in zones
