"""From the tables of a dataset's files to rows: normalised texts and labels, times, and what was left out and why."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

from contracts.datasets import manifest
from contracts.texts import text_normalization
from dataset_files import columns, files
from dataset_files.delimited.layout import Table
from dataset_files.delimited.records import not_columns
from dataset_files.errors import FileError
from dataset_files.times import times
from dataset_files.values import NESTED, Nested
from model_code.training.data.rows import LINES_SHOWN, Drops, Row
from model_code.training.errors import DatasetError

SEVERAL_LABELS = "a list or an object instead of one label"
_LIST = re.compile(r"""\s*\[\s*(["']).*\1\s*(?:,\s*)?\]\s*\Z""", re.DOTALL)  # as JSON or Python writes it into a CSV
_UNKNOWN = "not seen yet"
EMPTY_TEXT, MISSING_LABEL = "empty text", "missing label"


@dataclass(frozen=True)
class _File:
    """A file, and which lines are its own: line 1 of it is line ``before`` + 1."""

    name: str
    sha256: str
    layout: str
    before: int
    last: int


@dataclass
class Read:
    """The rows, with each row's story as its group; ``count`` includes those that were dropped."""

    rows: list[Row] = field(default_factory=list)
    drops: Drops = field(default_factory=Drops)
    count: int = 0
    has_stories: bool = False
    unlabelled: list[Row] = field(default_factory=list)  # rows whose label is empty, which are dropped
    stray_quotes: list[int] = field(default_factory=list)
    spelt: Counter[str] = field(default_factory=Counter)  # rows of each label as the file has it
    times: dict[str, Any] = field(default_factory=lambda: {"empty": 0, "unread": 0, "unread_first_lines": []})
    files: list[_File] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The file's name, or how many there are."""
        return self.files[0].name if len(self.files) == 1 else f"{len(self.files)} files"

    @property
    def layout(self) -> str:
        """The files' layouts."""
        return ", ".join(dict.fromkeys(file.layout for file in self.files))

    @property
    def sha256(self) -> str:
        """The file's digest; of several, one over their names and digests."""
        if len(self.files) == 1:
            return self.files[0].sha256
        listed = "".join(f"{file.sha256} {file.name}\n" for file in self.files)
        return hashlib.sha256(listed.encode()).hexdigest()

    def place(self, line: int) -> tuple[str, int]:
        """The file of a line, and the line's number there."""
        file = next((file for file in self.files if line <= file.last), self.files[-1])
        return file.name, line - file.before

    def described_files(self) -> list[dict[str, Any]]:
        """For metadata.json: each file with its digest and its lines, first and last."""
        return [
            {"name": file.name, "sha256": file.sha256, "layout": file.layout, "lines": [file.before + 1, file.last]}
            for file in self.files
        ]


def read(paths: Sequence[Path], *, text_column: str, label_column: str, encoding: str, time_format: str) -> Read:
    """Read all files; DatasetError, with file and line, where one is unusable."""
    done = Read()
    try:
        for content in files.contents(files.find(paths)):
            table = files.table(content, encoding=encoding)
            at = columns.find(table, text_column=text_column, label_column=label_column, file=content.name)
            before = done.files[-1].last if done.files else 0
            last = _read_table(table, at, done, before=before, file=content.name, time_format=time_format)
            done.files.append(_File(content.name, content.sha256, table.layout, before, last))
    except FileError as error:
        raise DatasetError(file=error.file, line=error.line, problem=error.problem, remedy=error.remedy) from error
    done.rows.sort(key=lambda row: row.line)
    return done


def _read_table(table: Table, at: columns.Columns, done: Read, *, before: int, file: str, time_format: str) -> int:
    """Add a table's rows; the number of its last line, counted on from ``before``."""
    taken = _Taken()
    # Any other file may have a column of this name that means something else.
    part_at = table.columns.index(manifest.PART_COLUMN) if tuple(table.columns) == manifest.COLUMNS else None
    for lines, values in table.blocks:
        taken.add(lines, values, at, part_at=part_at)
    odd = table.findings.odd
    if len(odd) > len(taken.lines) + len(taken.dropped):
        wrong = sum(reason == not_columns(len(table.columns)) for _, reason in odd)
        raise FileError(
            file=file,
            line=odd[0][0],
            problem=f"{wrong or len(odd)} of {len(taken.lines) + len(taken.dropped) + len(odd)} rows "
            + (f"do not have {len(table.columns)} columns, as the header does" if wrong else f"are {odd[0][1]}"),
            remedy="put texts that hold the delimiter in double quotes, or check the header line",
        )
    several = [line for line, reason in taken.dropped if reason == SEVERAL_LABELS]
    if len(several) > len(taken.lines):
        raise FileError(
            file=file,
            line=several[0],
            problem=f"{len(several)} rows have a list or an object as their label; a text cannot have several labels",
            remedy="give each text one label",
        )
    for line, reason in (*taken.dropped, *odd):
        done.drops.add(reason, before + line)
    moments = times.read(taken.times, time_format=time_format) if at.time is not None else None
    if moments is not None:
        _note_times(done, moments, [before + line for line in taken.lines])
    seconds = moments.values if moments is not None else repeat(None)
    for line, (text, label, group, publisher, part), moment in zip(taken.lines, taken.values, seconds, strict=False):
        done.rows.append(Row(text, label, before + line, group, publisher, moment, part))
    done.count += len(taken.lines) + len(taken.dropped) + len(odd)
    done.unlabelled += [Row(text=text, label="", line=before + line) for line, text in taken.unlabelled]
    done.spelt.update(taken.spelt)
    done.has_stories |= at.story is not None
    done.stray_quotes += [before + line for line in table.findings.stray_quotes]
    ends = [
        lines[-1] for lines in (taken.lines, [line for line, _ in taken.dropped], [line for line, _ in odd]) if lines
    ]
    return before + max([1, *ends])


class _Taken:
    """The values of the rows of one table that are used, and the lines of those that are not."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self.values: list[tuple[str, str, str, str, str]] = []  # text, label, story, publisher, part
        self.times: list[str] = []
        self.dropped: list[tuple[int, str]] = []
        self.unlabelled: list[tuple[int, str]] = []
        self.spelt: Counter[str] = Counter()
        self._labels: dict[str, str | None] = {}  # normalised, by the label as in the file
        self._names: dict[str, str] = {}  # one string object for equal names, to save memory

    def add(
        self, lines: Sequence[int], values: Sequence[Sequence[str]], at: columns.Columns, *, part_at: int | None
    ) -> None:
        """Take the rows of a block, or note why not."""
        nothing = repeat("")
        publishers = nothing if at.publisher is None else values[at.publisher]
        stories = nothing if at.story is None else values[at.story]
        times_ = nothing if at.time is None else values[at.time]
        parts = nothing if part_at is None else values[part_at]
        rows = zip(lines, values[at.text], values[at.label], stories, publishers, times_, parts, strict=False)
        for line, raw, raw_label, story, publisher, time, part in rows:
            label = self._label(raw_label)
            if raw.__class__ is Nested:
                self.dropped.append((line, NESTED))
            elif label is None:
                self.dropped.append((line, SEVERAL_LABELS))
            elif not (text := text_normalization.normalised(raw)):
                self.dropped.append((line, EMPTY_TEXT))
            elif not label:
                self.dropped.append((line, MISSING_LABEL))
                self.unlabelled.append((line, text))
            else:
                self.spelt[raw_label] += 1
                self.lines.append(line)
                self.values.append((text, label, story.strip(), self._name(publisher), self._name(part)))
                if at.time is not None:
                    self.times.append(time)

    def _label(self, raw: str) -> str | None:
        """The normalised label; None for a list or an object."""
        if raw.__class__ is Nested:
            return None
        label = self._labels.get(raw, _UNKNOWN)
        if label is _UNKNOWN:
            label = self._labels[raw] = None if _LIST.match(raw) else text_normalization.normalised(raw)
        return label

    def _name(self, publisher: str) -> str:
        name = publisher.strip()
        return self._names.setdefault(name, name)


def _note_times(done: Read, moments: times.Times, lines: Sequence[int]) -> None:
    done.times["empty"] += moments.empty
    done.times["unread"] += len(moments.unread)
    unread = [lines[position] for position in moments.unread[:LINES_SHOWN]]
    done.times["unread_first_lines"] = [*done.times["unread_first_lines"], *unread][:LINES_SHOWN]
    if moments.question:
        done.times["question"] = moments.question
