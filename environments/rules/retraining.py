"""Settings of retraining that contradict one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from environments.rules.problem import Problem

if TYPE_CHECKING:
    from environments.sections.environment import Settings


def problems(settings: Settings) -> Iterator[Problem]:
    """A budget that no run fits in."""
    price, budget = settings.retraining.run_price, settings.retraining.monthly_budget
    if price is not None and price > budget:
        yield Problem(
            ("retraining", "run_price"),
            price,
            f"no run fits into retraining.monthly_budget, which is {budget:g}; raise it, or set retraining.enabled to "
            "false",
        )
