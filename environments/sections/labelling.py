"""The section `labelling`: which of the classified texts people are asked to label."""

from __future__ import annotations

from pydantic import Field

from environments.sections.base import Section


class Labelling(Section):
    """The queue of texts for people to label (the console's page Label). Needs `data.request_log_text: store`."""

    audit_share: float = Field(
        0.02,
        ge=0.0,
        le=1.0,
        description="The share of the classified texts that the audit sample takes, by chance: the only labels that "
        "may estimate the model's accuracy (docs/labelling.md). Each adds a small item to the request log. It holds "
        "for texts classified from then on.",
    )
    shared_share: float = Field(
        0.2,
        ge=0.0,
        le=1.0,
        description="The share of the audit sample that every labeller labels, to measure their agreement.",
    )
    days: int = Field(
        7,
        ge=1,
        le=90,
        description="How many days back the queue looks, at most `data.request_log_days`. Also the time that "
        "accuracy and agreement cover.",
    )
