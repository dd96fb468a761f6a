"""Whether an environment's alarms reach somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from environments.sections.environment import Settings

REMEDY = (
    "set monitoring.alarm_email, or monitoring.alarm_receivers_elsewhere: true if somebody subscribes to the alarm "
    "topic by other means"
)


def unheard(settings: Settings) -> str:
    """One sentence if nobody receives the environment's alarms, else ""."""
    monitoring = settings.monitoring
    if monitoring.alarm_email or monitoring.alarm_receivers_elsewhere:
        return ""
    return f"alarms of {settings.prefix} reach nobody: {REMEDY}"


def refused(settings: Settings) -> bool:
    """Whether it is an error and not only a warning: with `data.retain` an environment is for real traffic."""
    return settings.data.retain
