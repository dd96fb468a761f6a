"""From a dataset file to labelled texts: each text once, with its group, and a count of the dropped rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from contracts.models.evaluation import DatasetFacts
from contracts.texts.label_mapping import LabelMapping
from dataset_files.times.times import AUTO
from model_code.training.data import conflicts, groups, label_findings, label_mapping, table_rows
from model_code.training.data.rows import LINES_SHOWN, Drops, Row
from model_code.training.data.table_rows import Read
from model_code.training.errors import DatasetError

UCI_CODES = {"b": "Business", "e": "Entertainment", "m": "Health", "t": "Science"}
MIN_ROWS_PER_LABEL = 4  # one to test on, one for validation, two to learn from


@dataclass(frozen=True)
class Dataset:
    """Labelled texts, each once. ``labels`` is sorted; ``rows`` keeps the file's order.

    Lines of several files are counted on from one to the next; ``files`` has the first and last of each.
    """

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
    files: list[dict[str, Any]]
    times: dict[str, Any]
    stray_quotes: list[int]  # lines of rows in which a quote was taken for text
    label_mapping: list[dict[str, Any]]  # what data.labels changed
    label_findings: list[str]  # sentences about labels that may not be meant
    unlabelled: list[Row] = field(default_factory=list)  # rows whose label is empty, which are dropped

    @property
    def duplicates(self) -> int:
        """Rows dropped because another has the same text and label."""
        return self.drops.count[conflicts.DUPLICATE]

    def notes(self) -> list[str]:
        """One sentence for each peculiarity of the files that costs no row, for the job's log."""
        notes = []
        if self.stray_quotes:
            lines = ", ".join(map(str, self.stray_quotes[:LINES_SHOWN]))
            notes.append(f"took quotes for text in {len(self.stray_quotes)} rows (first lines: {lines})")
        if self.times.get("question"):
            notes.append(f"read no times: {self.times['question']}")
        if self.times["unread"]:
            lines = ", ".join(map(str, self.times["unread_first_lines"]))
            notes.append(f"{self.times['unread']} rows have a time of no known form (first lines: {lines})")
        return notes

    def sentences(self) -> list[str]:
        """All that the job's log says of the data."""
        mapped = label_mapping.sentences(self.label_mapping)
        return [*self.drops.sentences(), *self.notes(), *mapped, *self.label_findings]

    def describe(self) -> DatasetFacts:
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
            "label_mapping": self.label_mapping,
            "label_findings": self.label_findings,
            "labels": {label: counts[label] for label in self.labels},
            "files": self.files,
            "times": self.times,
            "stray_quotes": {"rows": len(self.stray_quotes), "first_lines": self.stray_quotes[:LINES_SHOWN]},
        }


def load(
    *paths: Path,
    text_column: str = "",
    label_column: str = "",
    encoding: str = "",
    time_format: str = AUTO,
    labels: LabelMapping = label_mapping.NOTHING,
) -> Dataset:
    """Read the files of a dataset; a folder stands for the files below it.

    An empty column name means the first of the usual names (``columns.TEXT_COLUMNS``, ``LABEL_COLUMNS``) in the header.
    ``encoding``: of a text file, if it is not UTF-8; ``time_format``: one of ``dataset_files.times.times.FORMATS``.
    Texts are normalised and distinct, each with the group that a split must not divide. Single bad rows are dropped
    and counted; DatasetError, with file and line, when the whole file is unusable.
    """
    read = table_rows.read(
        paths, text_column=text_column, label_column=label_column, encoding=encoding, time_format=time_format
    )
    named = _with_named_labels(read.rows)
    labelled, mapped = label_mapping.apply(named, labels, read.drops, file=read.name)
    resolved = conflicts.resolve(labelled, read.drops)
    _check_labels(resolved.rows, labelled, read)
    grouped = groups.assign(
        resolved.keys,
        texts=[row.text for row in resolved.rows],
        labels=[row.label for row in resolved.rows],
        stories=resolved.stories,
    )
    names = zip(resolved.rows, grouped.names, grouped.near_names, strict=True)
    rows = [replace(row, group=group, near=near) for row, group, near in names]
    return Dataset(
        name=read.name,
        sha256=read.sha256,
        layout=read.layout,
        rows=sorted(rows, key=lambda row: row.line),
        labels=sorted({row.label for row in rows}),
        rows_read=read.count,
        drops=read.drops,
        conflicts=resolved.conflicts.describe(),
        near_duplicates=grouped.near,
        stories=grouped.stories if read.has_stories else None,
        files=read.described_files(),
        times=read.times,
        stray_quotes=read.stray_quotes,
        label_mapping=mapped,
        label_findings=label_findings.sentences(Counter(row.label for row in labelled), read.spelt),
        unlabelled=read.unlabelled,
    )


def _with_named_labels(rows: list[Row]) -> list[Row]:
    """The rows with names for the UCI dataset's one-letter codes, where the labels are exactly those codes."""
    if {row.label for row in rows} != UCI_CODES.keys():
        return rows
    return [replace(row, label=UCI_CODES[row.label]) for row in rows]


def _check_labels(rows: Sequence[Row], before: Sequence[Row], read: Read) -> None:
    """DatasetError unless there are at least two labels with enough ``rows``: those of ``before`` without repeats."""
    first = before[0].line if before else 1
    if not rows:
        dropped = "; ".join(read.drops.sentences())
        file, line = read.place(first)
        raise DatasetError(
            file=file,
            line=line,
            problem=f"there is no usable row {f'({dropped})' if dropped else 'below the header'}",
            remedy=f"provide at least two labels with {MIN_ROWS_PER_LABEL} different texts each",
        )
    labelled = Counter(row.label for row in before)
    if len(labelled) == 1:
        file, line = read.place(first)
        raise DatasetError(
            file=file,
            line=line,
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
    file, line = read.place(lines.get(label, first))
    why = label_findings.hint(label, labelled)
    ways = "add rows with this label, data.labels merges it with another or leaves it out; check the label column"
    raise DatasetError(
        file=file,
        line=line,
        problem=f"label {label[:60]!r} has {kept[label]} rows{repeated}; "
        f"at least {MIN_ROWS_PER_LABEL} are needed{others}",
        remedy=why or ways,
    )
