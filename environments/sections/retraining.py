"""The section `retraining`: when a model is trained again, and what that may cost."""

from __future__ import annotations

from pydantic import Field

from environments.sections.base import Section


class Retraining(Section):
    """Trains again when the least gain that is shown is worth more than a run (docs/retraining.md)."""

    enabled: bool = Field(
        True,
        description="Decide on a schedule. A run is only started by itself once `value_per_error` and `run_price` are "
        "set.",
    )
    check_hours: int = Field(24, ge=1, le=720, description="Hours from one decision to the next.")
    horizon_days: int = Field(
        30, ge=1, le=365, description="Days for which a gain counts: about as long as a model is used."
    )
    value_per_error: float | None = Field(
        None,
        ge=0.0,
        le=1e6,
        description="What one avoided wrong answer is worth, in US dollars. Unset, a run that may pay asks a person.",
    )
    run_price: float | None = Field(
        None,
        ge=0.0,
        le=1e6,
        description="What one training run costs, in US dollars: the instances' price an hour times the hours of a "
        "run. Unset, a run that may pay asks a person.",
    )
    monthly_budget: float = Field(
        50.0,
        ge=0.0,
        le=1e7,
        description="The most that the runs which retraining starts in a month (UTC) may cost together, in US dollars.",
    )
    cooldown_hours: float = Field(
        72.0, ge=0.0, le=8760.0, description="Hours after such a run before the next may be started by itself."
    )
    schedule_days: int | None = Field(
        None,
        ge=1,
        le=365,
        description="After so many days without a run, a single new row is a reason to train again, if it pays; where "
        "it is not known what it would gain, a person is asked. `training.schedule` trains without this rule.",
    )
    fewest_rows: int = Field(
        50, ge=1, le=1_000_000, description="New rows that are by themselves a reason to train again, if it pays."
    )
    fewest_labels: int = Field(
        100,
        ge=30,
        le=2_000,
        description="Labelled texts of the audit sample without which neither accuracy nor gain is known.",
    )
