"""The section `drift`: whether and how often the request log is compared with the model's reference."""

from __future__ import annotations

from pydantic import Field

from environments.sections.base import Section


class Drift(Section):
    """Drift looks: whether texts and answers have moved away from those that the model was judged on."""

    enabled: bool = Field(True, description="Look on a schedule. Only a trained model can drift.")
    schedule_minutes: int = Field(60, ge=5, le=1440, description="Minutes from one look to the next.")
    tolerance: float = Field(
        0.02,
        ge=0.001,
        le=0.2,
        description="How far a share may move before it counts as drift: 0.02 is 2 percentage points. Another value "
        "starts the count anew.",
    )
    alpha: float = Field(
        0.001,
        ge=1e-6,
        le=0.1,
        description="The chance that a model version ever raises a false alarm. Another value starts the count anew.",
    )
    settle_seconds: int = Field(
        300,
        ge=30,
        le=3600,
        description="How old a request is before a look counts it. It must be in the log and its index by then: a "
        "request takes up to half a minute, the index usually a second.",
    )
