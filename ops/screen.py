"""Where commands print: data on standard output, everything about it on standard error."""

from __future__ import annotations

import json
import sys
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

PIPED_WIDTH = 240  # whoever reads a pipe wants whole lines

out = Console(soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH)
err = Console(stderr=True, soft_wrap=True)


def say(text: str) -> None:
    """A line for the person, not for a pipe."""
    err.print(text, highlight=False, markup=False)


def print_json(value: Any) -> None:
    """`value` as indented JSON on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def table(*columns: str, rows: list[list[str]], numeric: tuple[str, ...] = (), whole: tuple[str, ...] = ()) -> None:
    """A table on standard output; columns in `numeric` are aligned to the right, those in `whole` never broken."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in numeric else "left"
        drawn.add_column(column, justify=justify, overflow="fold", no_wrap=column in whole or column in numeric)
    for row in rows:
        drawn.add_row(*row)
    out.print(drawn, markup=False)


def figure(value: float | None) -> str:
    """Three decimals, or a dash where there is none."""
    return "-" if value is None else f"{value:.3f}"
