"""The section `monitoring`: who gets the alarms, and when they ring."""

from __future__ import annotations

from pydantic import Field

from environments.sections.base import Section


class Monitoring(Section):
    """Alarms and the dashboard."""

    alarm_email: str | None = Field(
        None, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", description="Alarms are sent here, once the address has confirmed."
    )
    alarm_receivers_elsewhere: bool = Field(
        False,
        description="Somebody subscribes to the alarm topic by other means, such as a pager: synth no longer asks.",
    )
    runbooks_url: str | None = Field(
        None,
        pattern=r"^https://[^\s?#]{1,500}$",
        description="Where the folder docs/runbooks is on the web, such as "
        "`https://github.com/me/rubric/blob/main/docs/runbooks`: alarms' descriptions then link to their pages there.",
    )
    refused_keys_per_minute: int = Field(
        60, ge=1, description="Alarm when more requests a minute come without a valid key."
    )
    p99_latency_ms: int = Field(2000, ge=1, description="Alarm when 1 in 100 API calls takes longer, milliseconds.")
    model_latency_ms: int = Field(
        500, ge=1, description="Alarm, and roll a rollout back, when the model's mean time is longer, ms."
    )
