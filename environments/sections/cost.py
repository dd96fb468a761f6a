"""The section `cost`: the traffic that the preview counts with, and the budget of everything that is started."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from environments.sections.base import Section


class RequestsPerDay(Section):
    """How many requests come in a day."""

    low: float = Field(ge=0, le=1e10, description="On a quiet day.")
    expected: float = Field(ge=0, le=1e10, description="On an ordinary day.")
    high: float = Field(ge=0, le=1e10, description="On a busy day.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.expected <= self.high:
            raise ValueError("low, expected and high have to rise")
        return self


class Cost(Section):
    """What an environment may cost, and how `rubric cost` counts ([cost](cost.md))."""

    requests_per_day: RequestsPerDay | None = Field(
        None,
        description="Requests a day for the preview. Unset, it shows what stands still and what a million requests "
        "cost; `rubric cost --from-log` counts the request log instead.",
    )
    texts_per_request: float = Field(1.0, ge=1, le=100, description="Texts in a request, on average.")
    monthly_budget_usd: float | None = Field(
        None,
        gt=0,
        le=1e7,
        description="The most that training runs, retraining, batches and load tests may cost together in a month "
        "(UTC), in US dollars. What does not fit, or has no known price, is not started. It also makes an AWS budget, "
        "which only alerts. Unset, there is no such limit.",
    )
