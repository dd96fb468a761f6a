"""Whether anybody is told when an alarm rings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from environments.sections.environment import Settings

REMEDY = (
    "set monitoring.alarm_email, or monitoring.alarm_receivers_elsewhere: true if somebody subscribes to the alarm "
    "topic by other means"
)


def unheard(settings: Settings) -> str:
    """One sentence if nobody is told of the environment's alarms, else ""."""
    monitoring = settings.monitoring
    if monitoring.alarm_email or monitoring.alarm_receivers_elsewhere:
        return ""
    return f"alarms of {settings.prefix} reach nobody: {REMEDY}"


def refused(settings: Settings) -> bool:
    """Whether that is more than a warning: an environment whose data outlives it is for real traffic."""
    return settings.data.retain
