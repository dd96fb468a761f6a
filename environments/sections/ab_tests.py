"""The section `ab_tests`: tests of a new model (the challenger) against the one that serves (the champion)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from environments.sections.base import InstanceType, Section

Share = Annotated[float, Field(ge=0.01, le=0.5)]


class AbTests(Section):
    """A/B tests (docs/ab-tests.md). They need `data.request_log_text: store`."""

    enabled: bool = Field(True, description="Let tests start. Only trained models can be tested.")
    goal: Literal["better", "not-worse"] = Field(
        "better",
        description="What a challenger must be shown to be: more accurate than the champion, or not less accurate by "
        "`margin`. `rubric ab start --goal` chooses for one test.",
    )
    alpha: float = Field(
        0.05,
        ge=0.001,
        le=0.2,
        description="The chance that a test of two equally good models ends with a winner, however often one looks.",
    )
    margin: float = Field(
        0.01,
        ge=0.001,
        le=0.2,
        description="The loss of accuracy that `not-worse` accepts: 0.01 is a percentage point.",
    )
    most_labels: int = Field(
        300, ge=10, le=10_000, description="Labels that a test may ask people for; then the champion stays."
    )
    most_days: float = Field(
        14,
        gt=0,
        le=90,
        description="Days that a test may take; then the champion stays. A live test's instances run and cost for as "
        "long. At most `data.request_log_days`.",
    )
    most_texts: int = Field(
        20_000,
        ge=100,
        le=200_000,
        description="Logged texts that a replay classifies, the newest first, and of which a live test asks the other "
        "model.",
    )
    share: Share = Field(0.1, description="The share of the texts that the challenger answers in a live test.")
    unit: Literal["text", "key"] = Field(
        "text",
        description="What always gets the same model in a live test: a text, whoever sends it, or an API key's every "
        "text. `key` needs `api.auth: keys`.",
    )
    allocation: Literal["fixed", "thompson"] = Field(
        "fixed",
        description="`thompson`: a live test's share moves between `least_share` and `most_share` with the chance that "
        "the challenger is the better one.",
    )
    least_share: Share = Field(0.05, description="The smallest share with `allocation: thompson`.")
    most_share: Share = Field(0.5, description="The largest share with `allocation: thompson`.")
    challenger_instances: int = Field(
        1, ge=1, le=20, description="Instances of the challenger's endpoint, of the type `serving.instance_type`."
    )
    hourly_price: float | None = Field(
        None,
        gt=0,
        le=10_000,
        description="US dollars an hour of all the challenger's instances together, by which a start says what a test "
        "may cost. Unset, the list price of the dated snapshot ([cost](cost.md#prices)), or unknown.",
    )
    replay_instance_type: InstanceType | None = Field(
        None,
        description="The instance on which a replay's transform job runs; unset, `serving.instance_type`, or "
        "`ml.c7i.xlarge` if such jobs do not have it.",
    )
    promote: Literal["ask", "automatic"] = Field(
        "ask",
        description="What becomes of a challenger that reached the goal. `ask`: a person promotes it (`rubric ab "
        "promote`). `automatic`: it is promoted, as after a training.",
    )
    new_models: Literal["promote", "replay", "live"] = Field(
        "promote",
        description="What becomes of a trained model that passed the gate, when another serves. `promote`: as "
        "`training.approval` says. `replay`, `live`: a test of it begins, if none runs.",
    )
    tested: Literal["all", "retrained"] = Field(
        "all",
        description="Which models `new_models` is for: `all`, or those of runs that retraining has started, while the "
        "others are promoted as `training.approval` says.",
    )
