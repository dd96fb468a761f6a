"""Two models side by side in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.models.evaluation_view import comparisons
from ops.terminal import screen
from ops.terminal.screen import figure, interval

NAMES = {"accuracy": "accuracy", "macro_f1": "macro F1", "calibration_error": "calibration error"}


def show(compared: Mapping[str, Any]) -> None:
    """Print the result of compare.compare."""
    screen.line(f"A  {compared['a']}", bold=True)
    screen.line(f"B  {compared['b']}", bold=True)
    if compared["data"]["warning"]:
        screen.out.print()
        screen.line(f"The test texts may differ: {compared['data']['warning']}.")
    screen.heading("Figures")
    _table({NAMES[name]: pair for name, pair in compared["figures"].items()}, first="")
    for key, title in (("f1", "F1"), ("precision", "Precision"), ("recall", "Recall")):
        pairs = {label: figures[key] for label, figures in compared["per_class"].items()}
        if pairs and (key == "f1" or screen.out.width >= screen.WIDE):
            screen.heading(f"{title} of each label")
            _table(pairs, first="Label")
    if compared["paired"]:
        comparisons({"B against A": compared["paired"]}, better="B", worse="A")
    screen.heading("What differs")
    screen.table("", "A", "B", rows=_differences(compared))


def _table(pairs: Mapping[str, Mapping[str, Any]], *, first: str) -> None:
    columns = ("A", "B", "B - A", "95% of A", "95% of B", "Overlap")
    rows = [
        [
            name,
            figure(pair["a"]),
            figure(pair["b"]),
            figure(pair["difference"], signed=True),
            interval(pair["a_interval"]),
            interval(pair["b_interval"]),
            {True: "yes", False: "no", None: "-"}[pair["intervals_overlap"]],
        ]
        for name, pair in pairs.items()
    ]
    screen.table(first, *columns, rows=rows, numeric=columns[:-1])


def _differences(compared: Mapping[str, Any]) -> list[list[str]]:
    data, run = compared["data"], compared["run"]
    rows = [
        ["dataset", *(_digest(data["sha256"][side]) for side in "ab")],
        ["texts", *(_counts(data["counts"][side]) for side in "ab")],
        ["base model", *(str(run["base_model"][side] or "-") for side in "ab")],
        ["model", *(str(run["model"][side] or "-") for side in "ab")],
        ["served as", *(str(run["served_precision"][side] or "-") for side in "ab")],
        *([name, _value(pair["a"]), _value(pair["b"])] for name, pair in compared["hyperparameters"].items()),
        ["fit", *(screen.duration(run["train_seconds"][side]) for side in "ab")],
        ["job", *(screen.duration(run["job_seconds"][side]) for side in "ab")],
        ["cost", *(_usd(run["usd"][side]) for side in "ab")],
        ["gate", *(compared["gate"][side] or "-" for side in "ab")],
    ]
    return [row for row in rows if row[1:] != ["-", "-"]]


def _digest(value: Any) -> str:
    return str(value)[:12] if value else "-"


def _counts(counts: Mapping[str, Any] | None) -> str:
    return "-" if not counts else " / ".join(f"{counts.get(name, '-')}" for name in ("train", "valid", "test"))


def _value(value: Any) -> str:
    return "default" if value is None else str(value)


def _usd(value: Any) -> str:
    return f"${value:.4f}" if isinstance(value, int | float) else "-"
