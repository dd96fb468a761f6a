"""The texts of a dataset without their labels, for whoever only wants to classify them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.texts import text_normalization
from dataset_files import columns, files
from dataset_files.files import Content
from dataset_files.values import NESTED, Nested


@dataclass(frozen=True)
class Text:
    """A row's text as it stands in the file, and the row's line; "" with a ``reason`` for a row that has none."""

    line: int
    text: str
    reason: str = ""


def of(paths: Sequence[Path], *, text_column: str = "", encoding: str = "") -> Iterator[str]:
    """Normalised texts, as training has them, of all rows that have one. FileError for a file that is not a dataset."""
    for content in files.contents(files.find(paths)):
        for each in of_file(content, text_column=text_column, encoding=encoding):
            text = text_normalization.normalised(each.text)
            if text:
                yield text


def of_file(content: Content, *, text_column: str = "", encoding: str = "") -> Iterator[Text]:
    """Every row of one file in order, those that cannot be read in their places."""
    table = files.table(content, encoding=encoding)
    at = columns.text_position(table, text_column, file=content.name)
    rows = [
        Text(line, "", NESTED) if (text := fields[at]).__class__ is Nested else Text(line, text)
        for line, fields in table.rows
    ]
    rows += [Text(line, "", reason) for line, reason in table.findings.odd]
    yield from sorted(rows, key=lambda row: row.line)
