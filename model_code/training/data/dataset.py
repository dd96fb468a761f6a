"""From a dataset file to labelled texts: columns, labels, one row a text, groups, and what was dropped and why."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contracts import text_normalization
from model_code.training.data import conflicts, groups, reading
from model_code.training.data.rows import Drops, Row
from model_code.training.errors import DatasetError

__all__ = ["Dataset", "Drops", "Row", "load"]

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
STORY_COLUMNS = ("story", "story_id", "group", "group_id")
PUBLISHER_COLUMNS = ("publisher", "source", "outlet")
TIME_COLUMNS = ("timestamp", "time", "datetime", "date", "published", "published_at", "created_at")
UCI_CODES = {"b": "Business", "e": "Entertainment", "m": "Health", "t": "Science"}
MIN_ROWS_PER_LABEL = 10
MILLISECONDS_FROM = 1e11  # a number of seconds so large would lie in the year 5138


@dataclass(frozen=True)
class Dataset:
    """Labelled texts of one file, each text once. ``labels`` is sorted; ``rows`` keeps the file's order."""

    name: str
    sha256: str
    layout: str
    rows: list[Row]
    labels: list[str]
    rows_read: int
    drops: Drops
    conflicts: dict[str, Any]
    near_duplicates: dict[str, Any]
    stories: int | None  # None: the file has no such column

    @property
    def duplicates(self) -> int:
        """Rows dropped because another has the same text and label."""
        return self.drops.count[conflicts.DUPLICATE]

    def describe(self) -> dict[str, Any]:
        """The dataset's part of metadata.json; ``dropped_rows`` has every dropped line, as [first, last] of runs."""
        counts = Counter(row.label for row in self.rows)
        return {
            "name": self.name,
            "sha256": self.sha256,
            "layout": self.layout,
            "rows_read": self.rows_read,
            "rows_used": len(self.rows),
            "dropped": dict(sorted(self.drops.count.items())),
            "dropped_first_lines": self.drops.lines,
            "dropped_rows": self.drops.ranges(),
            "exact_duplicates": self.duplicates,
            "near_duplicates": self.near_duplicates,
            "stories": self.stories,
            "grouped_by": "near duplicates" if self.stories is None else "STORY column and near duplicates",
            "conflicts": self.conflicts,
            "labels": {label: counts[label] for label in self.labels},
        }


def load(path: Path, *, text_column: str = "", label_column: str = "") -> Dataset:
    """Read a dataset file.

    An empty column name means: the first of the usual names (TEXT_COLUMNS, LABEL_COLUMNS) that the header has.
    Texts come normalised and each once, with the group that a split must not divide. DatasetError, with file and line,
    for whatever makes the file unusable; single bad rows are dropped and counted.
    """
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    content = reading.decode(data, file=path.name)
    del data
    table = reading.parse(content, file=path.name)
    columns = _columns(table, text_column, label_column, path.name)
    read, drops, rows_read = _rows(table, columns)
    layout = table.layout
    del content, table
    read = _named_labels(read)
    _check_width(rows_read, drops, path.name)
    resolved = conflicts.resolve(read, drops)
    _check_labels(
        resolved.rows, Counter(row.label for row in read), path.name, drops, first=read[0].line if read else 1
    )
    grouped = groups.assign(
        resolved.keys,
        texts=[row.text for row in resolved.rows],
        labels=[row.label for row in resolved.rows],
        stories=resolved.stories,
    )
    rows = [
        Row(row.text, row.label, row.line, name, row.publisher, row.time)
        for row, name in zip(resolved.rows, grouped.names, strict=True)
    ]
    return Dataset(
        name=path.name,
        sha256=sha256,
        layout=layout,
        rows=sorted(rows, key=lambda row: row.line),
        labels=sorted({row.label for row in rows}),
        rows_read=rows_read,
        drops=drops,
        conflicts=resolved.conflicts.describe(),
        near_duplicates=grouped.near,
        stories=None if columns.story is None else grouped.stories,
    )


@dataclass(frozen=True)
class _Columns:
    """Positions of the columns that are read."""

    text: int
    label: int
    story: int | None
    publisher: int | None
    time: int | None


def _columns(table: reading.Table, text_column: str, label_column: str, file: str) -> _Columns:
    text = _column(table, text_column, TEXT_COLUMNS, "text", file)
    label = _column(table, label_column, LABEL_COLUMNS, "label", file)
    if text == label:
        raise DatasetError(
            file=file,
            line=max(table.header_line, 1),
            problem="text and label are the same column",
            remedy="set data.dataset.text_column and data.dataset.label_column to two different columns",
        )
    names = [name.casefold() for name in table.columns]

    def optional(usual: tuple[str, ...]) -> int | None:
        found = (names.index(name) for name in usual if name in names)
        return next((position for position in found if position not in (text, label)), None)

    return _Columns(text, label, optional(STORY_COLUMNS), optional(PUBLISHER_COLUMNS), optional(TIME_COLUMNS))


def _column(table: reading.Table, wanted: str, usual: tuple[str, ...], what: str, file: str) -> int:
    names = [name.casefold() for name in table.columns]
    candidates = (wanted.casefold(),) if wanted else usual
    for candidate in candidates:
        if names.count(candidate) > 1:
            raise DatasetError(
                file=file,
                line=max(table.header_line, 1),
                problem=f"{names.count(candidate)} columns are named {candidate!r}",
                remedy="give each column a name of its own",
            )
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


def _rows(table: reading.Table, columns: _Columns) -> tuple[list[Row], Drops, int]:
    rows: list[Row] = []
    drops = Drops()
    rows_read = 0
    labels: dict[str, str] = {}  # as read: as used; a label is normalised once
    publishers: dict[str, str] = {}
    for record in table.records:
        rows_read += 1
        fields = record.fields
        if len(fields) != len(table.columns):
            drops.add(f"not {len(table.columns)} columns", record.line)
            continue
        text = text_normalization.normalised(fields[columns.text])
        label = labels.setdefault(fields[columns.label], "") or text_normalization.normalised(fields[columns.label])
        labels[fields[columns.label]] = label
        if not text:
            drops.add("empty text", record.line)
        elif not label:
            drops.add("missing label", record.line)
        else:
            story = "" if columns.story is None else fields[columns.story].strip()
            publisher = "" if columns.publisher is None else fields[columns.publisher].strip()
            publisher = publishers.setdefault(publisher, publisher)
            time = None if columns.time is None else _seconds(fields[columns.time].strip())
            rows.append(Row(text, label, record.line, story, publisher, time))
    return rows, drops, rows_read


def _seconds(value: str) -> float | None:
    """Seconds since 1970 of a number of seconds or milliseconds, or of an ISO 8601 time (UTC where it has no zone)."""
    try:
        number = float(value)
    except ValueError:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not -MILLISECONDS_FROM * 1000 < number < MILLISECONDS_FROM * 1000:
        return None
    return number / 1000 if abs(number) >= MILLISECONDS_FROM else number


def _named_labels(rows: list[Row]) -> list[Row]:
    """The UCI set's one-letter codes, where the labels are exactly those, as names."""
    if {row.label for row in rows} != set(UCI_CODES):
        return rows
    return [Row(row.text, UCI_CODES[row.label], row.line, row.group, row.publisher, row.time) for row in rows]


def _check_width(rows_read: int, drops: Drops, file: str) -> None:
    for reason, lines in drops.all_lines.items():
        if reason.startswith("not ") and len(lines) * 2 > rows_read:
            raise DatasetError(
                file=file,
                line=lines[0],
                problem=f"{len(lines)} of {rows_read} rows have {reason}, which is what the header has",
                remedy="put texts that hold the delimiter in double quotes, or check the header line",
            )


def _check_labels(rows: list[Row], before: Counter[str], file: str, drops: Drops, *, first: int) -> None:
    """DatasetError unless two labels have rows enough; ``before``: rows of each before repeated ones were dropped."""
    dropped = "; ".join(drops.sentences())
    if not rows:
        raise DatasetError(
            file=file,
            line=first,
            problem=f"no usable row {f'({dropped})' if dropped else 'below the header'}",
            remedy=f"give at least two labels with {MIN_ROWS_PER_LABEL} different texts each",
        )
    if len(before) == 1:
        raise DatasetError(
            file=file,
            line=first,
            problem=f"every row has the same label {rows[0].label!r}",
            remedy="give rows of at least two labels, or name another label column",
        )
    counts = Counter(row.label for row in rows)
    rare = sorted(label for label in before if counts[label] < MIN_ROWS_PER_LABEL)
    if not rare:
        return
    lines = {row.label: row.line for row in reversed(rows)}
    label = min(rare, key=lambda each: (lines.get(each, first), each))
    others = f" ({len(rare) - 1} more labels are as rare)" if len(rare) > 1 else ""
    gone = before[label] - counts[label]
    repeated = f" besides {gone} that repeat or contradict others" if gone else ""
    raise DatasetError(
        file=file,
        line=lines.get(label, first),
        problem=f"label {label[:60]!r} has {counts[label]} rows{repeated}, "
        f"at least {MIN_ROWS_PER_LABEL} are needed{others}",
        remedy="add rows with this label, merge it with another or remove it; is it the right label column?",
    )
