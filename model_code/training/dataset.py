"""From a dataset file to labelled texts: columns, labels, and what was dropped and why."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model_code.training import reading
from model_code.training.errors import DatasetError

TEXT_COLUMNS = (
    "text",
    "title",
    "headline",
    "sentence",
    "content",
    "message",
    "body",
    "review",
    "comment",
    "question",
    "query",
    "utterance",
    "description",
    "summary",
    "document",
)
LABEL_COLUMNS = ("label", "category", "class", "topic", "target", "intent", "sentiment", "genre", "section", "tag")
UCI_CODES = {"b": "Business", "e": "Entertainment", "m": "Health", "t": "Science"}
MIN_ROWS_PER_LABEL = 10
LINES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text and the line it stood on."""

    text: str
    label: str
    line: int


@dataclass
class Drops:
    """Rows left out, counted by reason, with the first lines of each."""

    count: Counter[str] = field(default_factory=Counter)
    lines: dict[str, list[int]] = field(default_factory=dict)

    def add(self, reason: str, line: int) -> None:
        """Count one row."""
        self.count[reason] += 1
        shown = self.lines.setdefault(reason, [])
        if len(shown) < LINES_SHOWN:
            shown.append(line)

    def sentences(self) -> list[str]:
        """One sentence a reason, for the job's log."""
        return [
            f"dropped {self.count[reason]} rows: {reason} (first lines: {', '.join(map(str, self.lines[reason]))})"
            for reason in sorted(self.count)
        ]


@dataclass(frozen=True)
class Dataset:
    """Labelled texts of one file. ``labels`` is sorted; ``rows`` keeps the file's order."""

    name: str
    sha256: str
    layout: str
    rows: list[Row]
    labels: list[str]
    rows_read: int
    duplicates: int
    drops: Drops

    def describe(self) -> dict[str, Any]:
        """The dataset's part of metadata.json."""
        counts = Counter(row.label for row in self.rows)
        return {
            "name": self.name,
            "sha256": self.sha256,
            "layout": self.layout,
            "rows_read": self.rows_read,
            "rows_used": len(self.rows),
            "dropped": dict(sorted(self.drops.count.items())),
            "dropped_first_lines": dict(sorted(self.drops.lines.items())),
            "exact_duplicates": self.duplicates,
            "labels": {label: counts[label] for label in self.labels},
        }


def load(path: Path, *, text_column: str = "", label_column: str = "") -> Dataset:
    """Read a dataset file.

    An empty column name means: the first of the usual names (TEXT_COLUMNS, LABEL_COLUMNS) that the header has.
    DatasetError, with file and line, for whatever makes the file unusable; single bad rows are dropped and counted.
    """
    data = path.read_bytes()
    table = reading.parse(reading.decode(data, file=path.name), file=path.name)
    text_at = _column(table, text_column, TEXT_COLUMNS, "text", path.name)
    label_at = _column(table, label_column, LABEL_COLUMNS, "label", path.name)
    if text_at == label_at:
        raise DatasetError(
            file=path.name,
            line=table.header_line,
            problem="text and label are the same column",
            remedy="set data.dataset.text_column and data.dataset.label_column to two different columns",
        )
    rows, drops, rows_read = _rows(table, text_at, label_at)
    rows = _named_labels(rows)
    _check_labels(rows, path.name, drops)
    return Dataset(
        name=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        layout=table.layout,
        rows=rows,
        labels=sorted({row.label for row in rows}),
        rows_read=rows_read,
        duplicates=len(rows) - len({(row.text, row.label) for row in rows}),
        drops=drops,
    )


def _column(table: reading.Table, wanted: str, usual: tuple[str, ...], what: str, file: str) -> int:
    names = [name.casefold() for name in table.columns]
    candidates = (wanted.casefold(),) if wanted else usual
    for candidate in candidates:
        if candidate in names:
            return names.index(candidate)
    listed = ", ".join(table.columns[:12])
    problem = f"no column named {wanted!r}" if wanted else f"no column recognised as the {what}"
    tried = "" if wanted else f" (known names: {', '.join(usual)})"
    raise DatasetError(
        file=file,
        line=max(table.header_line, 1),
        problem=f"{problem} among: {listed}{tried}",
        remedy=f"set data.dataset.{what}_column to the name of the {what} column, or add a header line",
    )


def _rows(table: reading.Table, text_at: int, label_at: int) -> tuple[list[Row], Drops, int]:
    rows: list[Row] = []
    drops = Drops()
    rows_read = 0
    for record in table.records:
        rows_read += 1
        if len(record.fields) != len(table.columns):
            drops.add(f"not {len(table.columns)} columns", record.line)
            continue
        text = " ".join(record.fields[text_at].split())
        label = " ".join(record.fields[label_at].split())
        if not text:
            drops.add("empty text", record.line)
        elif not label:
            drops.add("missing label", record.line)
        else:
            rows.append(Row(text, label, record.line))
    return rows, drops, rows_read


def _named_labels(rows: list[Row]) -> list[Row]:
    """The UCI set's one-letter codes, where the labels are exactly those, as names."""
    if {row.label for row in rows} != set(UCI_CODES):
        return rows
    return [Row(row.text, UCI_CODES[row.label], row.line) for row in rows]


def _check_labels(rows: list[Row], file: str, drops: Drops) -> None:
    dropped = "; ".join(drops.sentences())
    if not rows:
        raise DatasetError(
            file=file,
            line=1,
            problem=f"no usable row {f'({dropped})' if dropped else 'below the header'}",
            remedy="give at least two labels with 10 rows each",
        )
    counts = Counter(row.label for row in rows)
    if len(counts) == 1:
        raise DatasetError(
            file=file,
            line=rows[0].line,
            problem=f"every row has the same label {rows[0].label!r}",
            remedy="give rows of at least two labels, or name another label column",
        )
    rare = {label: count for label, count in counts.items() if count < MIN_ROWS_PER_LABEL}
    if not rare:
        return
    first = next(row for row in rows if row.label in rare)
    others = f" ({len(rare) - 1} more labels are as rare)" if len(rare) > 1 else ""
    raise DatasetError(
        file=file,
        line=first.line,
        problem=f"label {first.label[:60]!r} has {rare[first.label]} rows, "
        f"at least {MIN_ROWS_PER_LABEL} are needed{others}",
        remedy="add rows with this label, merge it with another or remove it; is it the right label column?",
    )
