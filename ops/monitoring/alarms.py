"""The alarms of an environment, as CloudWatch has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.deployment.alarm_names import short_name
from ops.deployment.cloud import Cloud

ALARM = "ALARM"


@dataclass(frozen=True)
class Deployed:
    """An alarm: its state (`OK`, `ALARM`, `INSUFFICIENT_DATA`), since when (ISO 8601), and why.

    runbook: the name of its page.
    """

    name: str
    value: str
    since: str
    reason: str
    runbook: str


def deployed(cloud: Cloud, *, state: str | None = None) -> list[Deployed]:
    """The environment's alarms, or those in one state."""
    # Whether named by us or by CloudFormation, an environment's alarms start with one of these.
    prefixes = (f"{cloud.settings.prefix}-", cloud.settings.stack_name(""))
    wanted = {"StateValue": state} if state else {}
    pages = cloud.client("cloudwatch").get_paginator("describe_alarms").paginate(**wanted)
    return [
        Deployed(
            name=alarm["AlarmName"],
            value=alarm["StateValue"],
            since=alarm["StateUpdatedTimestamp"].isoformat(timespec="seconds"),
            reason=alarm.get("StateReason", ""),
            runbook=short_name(alarm["AlarmName"]),
        )
        for page in pages
        for alarm in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]
        if alarm["AlarmName"].startswith(prefixes) and not _only_scales(alarm)
    ]


def _only_scales(alarm: Mapping[str, Any]) -> bool:
    """Whether an alarm calls nobody, but a scaling policy: a model that wakes is no fault."""
    actions = alarm.get("AlarmActions") or []
    return bool(actions) and all(":autoscaling:" in action for action in actions)
