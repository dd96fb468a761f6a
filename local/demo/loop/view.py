"""The loop's last screen: what happened, how long it took, and how accurate each model was."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class Step:
    """A step that is done. seconds: how long it took; said: what came of it."""

    title: str
    seconds: float
    said: str


@dataclass(frozen=True)
class Accuracies:
    """Shares of right answers. before, after: of the model that served at first, and of the one that serves now."""

    what: str
    before: float
    after: float | None


def show(console: Console, *, steps: Sequence[Step], accuracies: Sequence[Accuracies], last: str) -> None:
    """Print both tables and a last sentence."""
    console.print()
    table = Table(title="What happened", title_justify="left", header_style="bold")
    table.add_column("step", no_wrap=True)
    table.add_column("seconds", justify="right")
    table.add_column("result")
    for step in steps:
        table.add_row(step.title, f"{step.seconds:.0f}", Text(step.said))
    table.add_section()
    table.add_row("all", f"{sum(step.seconds for step in steps):.0f}", "")
    console.print(table)
    if accuracies:
        table = Table(title="Accuracy", title_justify="left", header_style="bold")
        for name in ("of", "before", "after"):
            table.add_column(name, justify="left" if name == "of" else "right")
        for one in accuracies:
            table.add_row(one.what, f"{one.before:.1%}", "" if one.after is None else f"{one.after:.1%}")
        console.print(table)
    console.print(last, markup=False, highlight=False, soft_wrap=True)
