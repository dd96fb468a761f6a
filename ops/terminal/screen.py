"""Output of the commands: data on standard output, messages on standard error.

Nothing else prints (tests/unit/ops/terminal/test_screen.py), so no external text reaches a terminal as a control
sequence: texts, labels, keys, names, log lines and messages may contain anything.
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

WIDE, VERY_WIDE = 100, 150  # columns of a terminal with room for the extra columns of a table
PIPED_WIDTH = 240  # readers of a pipe want whole lines
# Characters that control terminals: C0 except tab and newline, DEL, C1 (ECMA-48); line and paragraph separators;
# characters that reorder text (Unicode's property Bidi_Control); unpaired surrogates.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without characters that control terminals."""
    return CONTROLS.sub("", text)


def as_json(value: Any, *, indent: int | None = None) -> str:
    """`value` as JSON with such characters escaped, so nothing is lost and nothing takes effect."""
    written = json.dumps(value, indent=indent, ensure_ascii=False)
    return CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", written)


class CleanConsole(Console):
    """A Rich console that sends no control sequences other than Rich's own colours and cursor movements."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The cleaned segments."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=clean(segment.text))


out = CleanConsole(soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH)
err = CleanConsole(stderr=True, soft_wrap=True)


def say(text: str) -> None:
    """Print a message on standard error."""
    err.print(text, highlight=False, markup=False)


def print_json(value: Any) -> None:
    """Print `value` as indented JSON on standard output."""
    sys.stdout.write(as_json(value, indent=2) + "\n")


def print_json_line(value: Any) -> None:
    """Print `value` as one line of JSON on standard output, and flush."""
    sys.stdout.write(as_json(value) + "\n")
    sys.stdout.flush()


def table(*columns: str, rows: list[list[str]], numeric: tuple[str, ...] = (), whole: tuple[str, ...] = ()) -> None:
    """Print a table on standard output. Columns in `numeric` are right-aligned, those in `whole` never wrapped.

    If no column has a name, there is no header.
    """
    drawn = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in numeric else "left"
        drawn.add_column(column, justify=justify, overflow="fold", no_wrap=column in whole or column in numeric)
    for row in rows:
        drawn.add_row(*row)
    out.print(drawn, markup=False)


def heading(text: str) -> None:
    """Print a blank line and a bold one."""
    out.print()
    line(text, bold=True)


def line(text: str, *, bold: bool = False, quiet: bool = False) -> None:
    """Print a line on standard output, wrapped between words to the terminal's width."""
    style = "bold" if bold else "dim" if quiet else None
    out.print(Text(text, style=style or ""), highlight=False, soft_wrap=False)


def point(text: str) -> None:
    """Print a list item, with its further lines indented."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("•", Text(text))
    out.print(grid)


def figure(value: float | None, *, signed: bool = False) -> str:
    """Three decimals, or a dash for no value."""
    return "-" if value is None else f"{value:+.3f}" if signed else f"{value:.3f}"


def interval(ends: Sequence[float] | None, *, signed: bool = False) -> str:
    """`0.905 to 0.931`, or a dash for no value."""
    return "-" if not ends else f"{figure(ends[0], signed=signed)} to {figure(ends[1], signed=signed)}"


def percent(value: float | None) -> str:
    """A share with one decimal: 34.4%, or a dash for no value."""
    return "-" if value is None else f"{value:.1%}"


def duration(seconds: float | None) -> str:
    """`42 s`, `3 min 20 s`, `2 h 5 min`, or a dash for no value."""
    if seconds is None:
        return "-"
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
