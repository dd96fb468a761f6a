"""Where commands print: data on standard output, everything about it on standard error.

Nothing else prints (tests/unit/ops/terminal/test_screen.py), so that nothing from outside reaches a terminal as a
command of the terminal's: texts, labels, keys, names, log lines and messages may hold anything.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

WIDE, VERY_WIDE = 100, 150  # columns of a terminal that has room for more than the essential
PIPED_WIDTH = 240  # whoever reads a pipe wants whole lines
# What terminals may obey: C0 but tab and newline, DEL, C1 (ECMA-48); the line and paragraph separators; what reorders
# the text beside it (all of Unicode's property Bidi_Control); halves of characters.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without the characters that terminals may obey."""
    return CONTROLS.sub("", text)


def as_json(value: Any, *, indent: int | None = None) -> str:
    """`value` as JSON in which such characters are escapes, as JSON has them: nothing is lost, nothing is obeyed."""
    written = json.dumps(value, indent=indent, ensure_ascii=False)
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


class CleanConsole(Console):
    """Rich's console, whose own colours and cursor movements are all that a terminal is told."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of what is shown, cleaned."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=clean(segment.text))


out = CleanConsole(soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH)
err = CleanConsole(stderr=True, soft_wrap=True)


def say(text: str) -> None:
    """A line for the person, not for a pipe."""
    err.print(text, highlight=False, markup=False)


def print_json(value: Any) -> None:
    """`value` as indented JSON on standard output."""
    sys.stdout.write(as_json(value, indent=2) + "\n")


def print_json_line(value: Any) -> None:
    """`value` as JSON in one line on standard output, at once."""
    sys.stdout.write(as_json(value) + "\n")
    sys.stdout.flush()


def table(*columns: str, rows: list[list[str]], numeric: tuple[str, ...] = (), whole: tuple[str, ...] = ()) -> None:
    """A table on standard output; columns in `numeric` are aligned to the right, those in `whole` never broken.

    Without a single column name it has no header.
    """
    drawn = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in numeric else "left"
        drawn.add_column(column, justify=justify, overflow="fold", no_wrap=column in whole or column in numeric)
    for row in rows:
        drawn.add_row(*row)
    out.print(drawn, markup=False)


def heading(text: str) -> None:
    """A line in bold, with a blank one before it."""
    out.print()
    line(text, bold=True)


def line(text: str, *, bold: bool = False, quiet: bool = False) -> None:
    """A line on standard output, broken between words where it is wider than the terminal."""
    style = "bold" if bold else "dim" if quiet else None
    out.print(Text(text, style=style or ""), highlight=False, soft_wrap=False)


def point(text: str) -> None:
    """A sentence of a list, with its further lines set in."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("•", Text(text))
    out.print(grid)


def figure(value: float | None, *, signed: bool = False) -> str:
    """Three decimals, or a dash where there is none."""
    return "-" if value is None else f"{value:+.3f}" if signed else f"{value:.3f}"


def interval(ends: Sequence[float] | None, *, signed: bool = False) -> str:
    """`0.905 to 0.931`, or a dash where there is none."""
    return "-" if not ends else f"{figure(ends[0], signed=signed)} to {figure(ends[1], signed=signed)}"


def percent(value: float | None) -> str:
    """A share with a decimal: 34.4%, or a dash where there is none."""
    return "-" if value is None else f"{value:.1%}"


def duration(seconds: float | None) -> str:
    """`42 s`, `3 min 20 s`, `2 h 5 min`, or a dash where it is not known."""
    if seconds is None:
        return "-"
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
