"""The preview of an environment: a line for each resource, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from environments.settings import Settings
from ops.cost import lines
from ops.cost.amounts import NOTHING, Amounts, same
from ops.cost.charges import table
from ops.cost.charges.context import Context, Resource, Template, scheduled
from ops.cost.lines import Charge, Line
from ops.cost.traffic import Traffic

ENDPOINT = "AWS::SageMaker::Endpoint"


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What an environment costs in a month. lines: of all stacks; traffic: what was counted with."""

    environment: str
    region: str
    traffic: Traffic
    lines: tuple[Line, ...]

    @property
    def usd(self) -> Amounts:
        """The sum of what is known, US dollars."""
        found = NOTHING
        for line in self.lines:
            found = found + line.usd
        return found

    @property
    def requests_usd(self) -> Amounts:
        """The same without the endpoint's instances, which requests share."""
        found = NOTHING
        for line in self.lines:
            if line.type != ENDPOINT:
                found = found + line.usd
        return found

    @property
    def unknown(self) -> dict[str, int]:
        """Names of prices that are not known, and how many resources each concerns."""
        found: dict[str, int] = {}
        for line in self.lines:
            for key in line.unknown:
                found[key] = found.get(key, 0) + 1
        return dict(sorted(found.items()))


def of(settings: Settings, templates: Mapping[str, Template], *, traffic: Traffic) -> Preview:
    """The preview. templates: by stack, of this environment only. Raises OpsError for a type without a price line."""
    context = Context(settings=settings, traffic=traffic, schedules=scheduled(templates))
    found = [
        _line(resource, context)
        for stack, template in templates.items()
        for resource in _resources(settings, stack, template)
    ]
    return Preview(
        environment=settings.name,
        region=settings.region,
        traffic=traffic,
        lines=(*found, *_metrics(settings, templates)),
    )


def _resources(settings: Settings, stack: str, template: Template) -> Iterator[Resource]:
    start = settings.stack_name("")
    for name, resource in (template.get("Resources") or {}).items():
        yield Resource(
            stack=stack,
            part=stack.removeprefix(start),
            name=name,
            type=str(resource.get("Type", "")),
            properties=resource.get("Properties") or {},
            conditional="Condition" in resource,
        )


def _line(resource: Resource, context: Context) -> Line:
    charges, reason = table.charges(resource, context)
    return Line(
        stack=resource.stack,
        resource=resource.name,
        type=resource.type,
        charges=lines.priced(charges, region=context.settings.region),
        reason=reason,
    )


def _metrics(settings: Settings, templates: Mapping[str, Template]) -> Iterator[Line]:
    """The functions' own metrics, which no template creates: those that alarms watch."""
    watched = {
        (str(metric["Namespace"]), str(metric.get("MetricName")), str(metric.get("Dimensions")))
        for template in templates.values()
        for resource in (template.get("Resources") or {}).values()
        if resource.get("Type") == "AWS::CloudWatch::Alarm"
        for metric in _watched(resource.get("Properties") or {})
        if isinstance(metric.get("Namespace"), str) and not metric["Namespace"].lower().lstrip("/").startswith("aws/")
    }
    if watched:
        charge = Charge(key="cloudwatch.metric", what="metrics of ours that alarms watch", amounts=same(len(watched)))
        yield Line(
            stack=settings.stack_name("Monitoring"),
            resource="metrics",
            type="metrics of the functions",
            charges=lines.priced([charge], region=settings.region),
            reason="",
        )


def _watched(alarm: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield alarm
    for each in alarm.get("Metrics") or []:
        yield (each.get("MetricStat") or {}).get("Metric") or {}
