"""A test's evidence, label by label, as both pictures draw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from contracts.ab_tests import evidence, record

_HEIGHT = 9
_LOWEST = -2.0  # smaller evidence than a hundredth says the same
_RIGHT = {"challenger": "o", "champion": "x", "neither": " "}


class Lines(NamedTuple):
    """Powers of ten, one for each look and the start before them.

    winning: evidence for the goal; losing: for `worse`; threshold: where one of them decides.
    """

    winning: list[float]
    losing: list[float]
    threshold: float


def lines(test: Mapping[str, Any]) -> Lines:
    """The evidence of a test that its goal needs."""
    plan, looks = test["plan"], test["looks"]
    name = "log10_better" if plan["goal"] == record.BETTER else "log10_not_worse"
    return Lines(
        winning=[0.0, *(float(look[name]) for look in looks)],
        losing=[0.0, *(float(look["log10_worse"]) for look in looks)],
        threshold=evidence.log10_threshold(float(plan["alpha"])),
    )


def drawn(test: Mapping[str, Any], *, width: int) -> list[str]:
    """Rows of characters: `*` evidence for the goal, `.` for worse, `-` the threshold; last, who won each label."""
    found = lines(test)
    if len(found.winning) < 2:
        return []
    top = max(found.threshold, *found.winning, *found.losing)
    low = max(_LOWEST, min(*found.winning, *found.losing, 0.0))
    columns = min(width, len(found.winning))

    def row(value: float) -> int:
        return round((_HEIGHT - 1) * (top - min(max(value, low), top)) / (top - low))

    cells = [["-" if number == row(found.threshold) else " "] * columns for number in range(_HEIGHT)]
    for mark, values in ((".", found.losing), ("*", found.winning)):
        for column, value in enumerate(_spread(values, columns)):
            cells[row(value)][column] = mark
    axis = {row(found.threshold): f"{10**found.threshold:g}", row(0.0): "1"}
    rows = [f"{axis.get(number, ''):>6} {''.join(line).rstrip()}".rstrip() for number, line in enumerate(cells)]
    if columns == len(found.winning):
        rows.append(f"{'':6}  {''.join(_RIGHT[look['right']] for look in test['looks'])}".rstrip())
    return rows


def _spread(values: Sequence[float], columns: int) -> list[float]:
    """As many values as there are columns, the last one always among them."""
    last = len(values) - 1
    return [values[round(column * last / (columns - 1))] for column in range(columns)] if columns > 1 else [values[-1]]
