"""The option with which a person says what something costs."""

from __future__ import annotations

from typing import Annotated

import typer

Price = Annotated[
    float | None,
    typer.Option(
        "--price",
        min=0,
        metavar="USD",
        help="What it costs at most, for cost.monthly_budget_usd (default: by list prices).",
        show_default=False,
    ),
]
