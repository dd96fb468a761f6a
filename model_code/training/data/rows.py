"""Labelled texts, and a count of the rows that were dropped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

LINES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text and its line in the file. Rows of equal ``group`` must stay on one side of a split.

    ``near``: equal for near duplicates of one another, empty for a text that has none.
    """

    text: str
    label: str
    line: int
    group: str = ""
    publisher: str = ""
    time: float | None = None  # seconds since 1970, UTC
    part: str = ""  # of a dataset version: train, valid or test
    near: str = ""


def one_of_each(rows: Iterable[Row]) -> list[Row]:
    """The rows without those that are near duplicates of an earlier one."""
    return list({row.near or (row.text, row.label): row for row in reversed(list(rows))}.values())[::-1]


@dataclass
class Drops:
    """Dropped rows: lines by reason."""

    count: Counter[str] = field(default_factory=Counter)
    all_lines: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, reason: str, line: int) -> None:
        """Count one row."""
        self.count[reason] += 1
        self.all_lines[reason].append(line)

    @property
    def lines(self) -> dict[str, list[int]]:
        """The first lines by reason."""
        return {reason: sorted(lines)[:LINES_SHOWN] for reason, lines in sorted(self.all_lines.items())}

    def ranges(self) -> dict[str, list[list[int]]]:
        """Every line by reason, in ranges [first, last]."""
        return {reason: _runs(sorted(lines)) for reason, lines in sorted(self.all_lines.items())}

    def sentences(self) -> list[str]:
        """One sentence for each reason, for the job's log."""
        return [
            f"dropped {self.count[reason]} rows: {reason} (first lines: {', '.join(map(str, lines))})"
            for reason, lines in self.lines.items()
        ]


def _runs(lines: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for line in lines:
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return runs
