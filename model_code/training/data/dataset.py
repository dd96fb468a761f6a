"""From a dataset file to labelled texts: each text once, with its group, and a count of the dropped rows."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contracts import text_normalization
from model_code.training.data import columns, conflicts, groups, reading
from model_code.training.data.columns import Columns
from model_code.training.data.rows import Drops, Row
from model_code.training.errors import DatasetError

UCI_CODES = {"b": "Business", "e": "Entertainment", "m": "Health", "t": "Science"}
MIN_ROWS_PER_LABEL = 4  # one to test on, one for validation, two to learn from
MIN_MILLISECONDS = 1e11  # as seconds, this number would be in the year 5138
EMPTY_TEXT, MISSING_LABEL = "empty text", "missing label"


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
    unlabelled: list[Row] = field(default_factory=list)  # rows whose label is empty, which are dropped

    @property
    def duplicates(self) -> int:
        """Rows dropped because another has the same text and label."""
        return self.drops.count[conflicts.DUPLICATE]

    def describe(self) -> dict[str, Any]:
        """The dataset's part of metadata.json; ``dropped_rows`` has every dropped line, in ranges [first, last]."""
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

    An empty column name means the first of the usual names (``columns.TEXT_COLUMNS``, ``LABEL_COLUMNS``) in the header.
    Texts are normalised and distinct, each with the group that a split must not divide. Single bad rows are dropped
    and counted; DatasetError, with file and line, when the whole file is unusable.
    """
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    content = reading.decode(data, file=path.name)
    del data
    table = reading.parse(content, file=path.name)
    positions = columns.find(table, text_column=text_column, label_column=label_column, file=path.name)
    read = _read(table, positions)
    layout, width = table.layout, len(table.columns)
    del content, table
    _check_width(read, width, path.name)
    labelled = _with_named_labels(read.rows)
    resolved = conflicts.resolve(labelled, read.drops)
    _check_labels(resolved.rows, labelled, read.drops, path.name)
    grouped = groups.assign(
        resolved.keys,
        texts=[row.text for row in resolved.rows],
        labels=[row.label for row in resolved.rows],
        stories=resolved.stories,
    )
    rows = [replace(row, group=name) for row, name in zip(resolved.rows, grouped.names, strict=True)]
    return Dataset(
        name=path.name,
        sha256=sha256,
        layout=layout,
        rows=sorted(rows, key=lambda row: row.line),
        labels=sorted({row.label for row in rows}),
        rows_read=read.count,
        drops=read.drops,
        conflicts=resolved.conflicts.describe(),
        near_duplicates=grouped.near,
        stories=None if positions.story is None else grouped.stories,
        unlabelled=read.unlabelled,
    )


@dataclass
class _Read:
    """The rows of a table, with each row's story as its group, and the lines that do not have the table's width."""

    rows: list[Row] = field(default_factory=list)
    drops: Drops = field(default_factory=Drops)
    count: int = 0
    wrong_width: list[int] = field(default_factory=list)
    unlabelled: list[Row] = field(default_factory=list)


def _read(table: reading.Table, at: Columns) -> _Read:
    read = _Read()
    labels: dict[str, str] = {}  # normalised, by the label as in the file
    publishers: dict[str, str] = {}  # one string object for equal names, to save memory
    for record in table.records:
        read.count += 1
        fields = record.fields
        if len(fields) != len(table.columns):
            read.wrong_width.append(record.line)
            read.drops.add(f"not {len(table.columns)} columns", record.line)
            continue
        text = text_normalization.normalised(fields[at.text])
        raw_label = fields[at.label]
        if raw_label not in labels:
            labels[raw_label] = text_normalization.normalised(raw_label)
        if not text:
            read.drops.add(EMPTY_TEXT, record.line)
        elif not labels[raw_label]:
            read.drops.add(MISSING_LABEL, record.line)
            read.unlabelled.append(Row(text=text, label="", line=record.line))
        else:
            publisher = "" if at.publisher is None else fields[at.publisher].strip()
            row = Row(
                text=text,
                label=labels[raw_label],
                line=record.line,
                group="" if at.story is None else fields[at.story].strip(),
                publisher=publishers.setdefault(publisher, publisher),
                time=None if at.time is None else _timestamp(fields[at.time].strip()),
            )
            read.rows.append(row)
    return read


def _timestamp(value: str) -> float | None:
    """Seconds since 1970 of a number of seconds or milliseconds, or of an ISO 8601 time (UTC where it has no zone)."""
    try:
        number = float(value)
    except ValueError:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not -MIN_MILLISECONDS * 1000 < number < MIN_MILLISECONDS * 1000:
        return None
    return number / 1000 if abs(number) >= MIN_MILLISECONDS else number


def _with_named_labels(rows: list[Row]) -> list[Row]:
    """The rows with names for the UCI dataset's one-letter codes, where the labels are exactly those codes."""
    if {row.label for row in rows} != UCI_CODES.keys():
        return rows
    return [replace(row, label=UCI_CODES[row.label]) for row in rows]


def _check_width(read: _Read, width: int, file: str) -> None:
    """DatasetError where most rows do not have as many columns as the header."""
    if len(read.wrong_width) * 2 > read.count:
        raise DatasetError(
            file=file,
            line=read.wrong_width[0],
            problem=f"{len(read.wrong_width)} of {read.count} rows do not have {width} columns, as the header does",
            remedy="put texts that hold the delimiter in double quotes, or check the header line",
        )


def _check_labels(rows: Sequence[Row], before: Sequence[Row], drops: Drops, file: str) -> None:
    """DatasetError unless there are at least two labels with enough ``rows``: those of ``before`` without repeats."""
    first = before[0].line if before else 1
    if not rows:
        dropped = "; ".join(drops.sentences())
        raise DatasetError(
            file=file,
            line=first,
            problem=f"there is no usable row {f'({dropped})' if dropped else 'below the header'}",
            remedy=f"provide at least two labels with {MIN_ROWS_PER_LABEL} different texts each",
        )
    labelled = Counter(row.label for row in before)
    if len(labelled) == 1:
        raise DatasetError(
            file=file,
            line=first,
            problem=f"every row has the same label {rows[0].label!r}",
            remedy="add rows with a second label, or set another label column",
        )
    kept = Counter(row.label for row in rows)
    rare = sorted(label for label in labelled if kept[label] < MIN_ROWS_PER_LABEL)
    if not rare:
        return
    lines = {row.label: row.line for row in reversed(rows)}
    label = min(rare, key=lambda each: (lines.get(each, first), each))
    others = f" ({len(rare) - 1} more labels have too few)" if len(rare) > 1 else ""
    dropped_rows = labelled[label] - kept[label]
    repeated = f" besides {dropped_rows} that repeat or contradict others" if dropped_rows else ""
    raise DatasetError(
        file=file,
        line=lines.get(label, first),
        problem=f"label {label[:60]!r} has {kept[label]} rows{repeated}; "
        f"at least {MIN_ROWS_PER_LABEL} are needed{others}",
        remedy="add rows with this label, merge it with another or remove it; check that this is the label column",
    )
