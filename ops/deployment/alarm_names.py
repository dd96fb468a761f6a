"""Names of alarms."""

from __future__ import annotations

import re

# What CloudFormation makes of an alarm of the Monitoring stack: stack, logical id with a hash, random part.
_GENERATED = re.compile(r"-Monitoring-Alarms(\w+?)[0-9A-F]{8}(?:-\w+)?$")
_ROLLBACK = re.compile(r"-rollback-(\w+)$")


def short_name(alarm: str) -> str:
    """What people call an alarm, as its runbook does: `ClassifyErrors` for
    `Rubric-dev-Monitoring-AlarmsClassifyErrors0A1B2C3D-XYZ`, `RollbackFaults` for `rubric-dev-rollback-Faults`.

    Also takes an ARN, a page's name, or the short name itself.
    """
    name = alarm.rsplit(":", 1)[-1].strip()
    if found := _GENERATED.search(name):
        return found[1]
    if found := _ROLLBACK.search(name):
        return f"Rollback{found[1]}"
    return name.removesuffix(".md")
