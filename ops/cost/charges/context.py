"""What the charges of a resource depend on: settings, traffic, and the rest of the templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from environments.settings import Settings
from ops.cost import schedules
from ops.cost.amounts import Amounts
from ops.cost.traffic import Traffic

Template = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of a stack. part: `Api` of `Rubric-dev-Api`."""

    stack: str
    part: str
    name: str
    type: str
    properties: Mapping[str, Any]
    conditional: bool


@dataclass(frozen=True, kw_only=True)
class Context:
    """An environment. schedules: runs in a month, by stack and logical id of what a schedule starts."""

    settings: Settings
    traffic: Traffic
    schedules: Mapping[tuple[str, str], float]

    def per_request(self, amounts: Amounts) -> Amounts:
        """What all requests of a month use, by what one uses."""
        requests = self.traffic.monthly
        return _product(requests, amounts)

    def per_text(self, amounts: Amounts) -> Amounts:
        """The same, by what a text uses."""
        return _product(self.traffic.monthly_texts, amounts)

    def runs(self, resource: Resource) -> float:
        """How often schedules start it in a month."""
        return self.schedules.get((resource.stack, resource.name), 0.0)


def _product(left: Amounts, right: Amounts) -> Amounts:
    return Amounts(left.low * right.low, left.expected * right.expected, left.high * right.high)


def scheduled(templates: Mapping[str, Template]) -> dict[tuple[str, str], float]:
    """How often each target of a schedule is started in a month, by stack and logical id."""
    found: dict[tuple[str, str], float] = {}
    for stack, template in templates.items():
        for resource in (template.get("Resources") or {}).values():
            properties = resource.get("Properties") or {}
            expression = properties.get("ScheduleExpression")
            if resource.get("Type") != "AWS::Events::Rule" or properties.get("State") == "DISABLED":
                continue
            runs = schedules.runs_a_month(expression) if isinstance(expression, str) else None
            for target in properties.get("Targets") or [] if runs else []:
                name = _named(target.get("Arn"))
                if name:
                    found[stack, name] = found.get((stack, name), 0.0) + (runs or 0.0)
    return found


def _named(arn: Any) -> str | None:
    """The logical id in a reference to a resource."""
    if not isinstance(arn, dict):
        return None
    if isinstance(arn.get("Ref"), str):
        return str(arn["Ref"])
    attribute = arn.get("Fn::GetAtt")
    return str(attribute[0]) if isinstance(attribute, list) and attribute else None
