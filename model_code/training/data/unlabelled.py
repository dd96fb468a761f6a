"""Texts without labels, of which some are to be labelled next."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from contracts import text_normalization
from model_code.training.data import columns, reading
from model_code.training.data.rows import Row
from model_code.training.errors import DatasetError


def load(path: Path, *, text_column: str = "") -> list[Row]:
    """The normalised texts of a file with a text column, with their lines; a label column in it is ignored.

    DatasetError when there is no such column, or no text.
    """
    table = reading.parse(reading.decode(path.read_bytes(), file=path.name), file=path.name)
    at = columns.find_text(table, text_column=text_column, file=path.name)
    found = []
    for record in table.records:
        # In a file with one column, what the delimiter seems to divide is one text.
        fields = record.fields if len(table.columns) > 1 else (",".join(record.fields),)
        if len(fields) == len(table.columns):
            found.append(Row(text=text_normalization.normalised(fields[at]), label="", line=record.line))
    texts = [row for row in found if row.text]
    if not texts:
        raise DatasetError(
            file=path.name, line=1, problem="there is no text below the header", remedy="name a file with texts"
        )
    return texts


def new(rows: Iterable[Row], *, labelled: Iterable[Row]) -> list[Row]:
    """The rows whose text is neither among the labelled ones nor among the rows before."""
    seen = {text_normalization.key(row.text) for row in labelled}
    fresh = []
    for row in rows:
        key = text_normalization.key(row.text)
        if key not in seen:
            seen.add(key)
            fresh.append(row)
    return fresh
