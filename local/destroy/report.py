"""Shows what is left over: a table for people, JSON for programs."""

from typing import Any

from rich.console import Console
from rich.table import Table

from local.destroy.leftovers import KINDS, Leftover, counts
from local.screen.terminal import print_json


def as_dict(leftovers: list[Leftover]) -> dict[str, Any]:
    """{"left": n, "counts": {kind: n}, "resources": {kind: [names]}, "bootstrap": {kind: [names]}}."""
    return {
        "left": sum(not leftover.of_bootstrap for leftover in leftovers),
        "counts": counts(leftovers, of_bootstrap=False),
        "resources": _names(leftovers, of_bootstrap=False),
        "bootstrap": _names(leftovers, of_bootstrap=True),
    }


def show(leftovers: list[Leftover], console: Console, *, as_json: bool) -> int:
    """Print it. Returns how many resources are left over, without the bootstrap's."""
    report = as_dict(leftovers)
    if as_json:
        print_json(report)
    else:
        _print(leftovers, report, console)
    return int(report["left"])


def _print(leftovers: list[Leftover], report: dict[str, Any], console: Console) -> None:
    table = Table(title="Left over in the local AWS", title_justify="left", header_style="bold")
    table.add_column("kind")
    table.add_column("left over", justify="right")
    table.add_column("of cdk bootstrap", justify="right", style="dim")
    of_bootstrap = counts(leftovers, of_bootstrap=True)
    for kind in KINDS:
        left = report["counts"][kind]
        table.add_row(kind, str(left), str(of_bootstrap[kind] or ""), style="bold red" if left else "")
    console.print(table)
    for kind, names in report["resources"].items():
        for name in names:
            console.print(f"left over: {kind} {name}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{report['left']} resources left over.", highlight=False)


def _names(leftovers: list[Leftover], *, of_bootstrap: bool) -> dict[str, list[str]]:
    chosen = [leftover for leftover in leftovers if leftover.of_bootstrap is of_bootstrap]
    return {kind: names for kind in KINDS if (names := [leftover.name for leftover in chosen if leftover.kind == kind])}
