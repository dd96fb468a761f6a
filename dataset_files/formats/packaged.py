"""Parquet and Excel, by packages that are needed for nothing else."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from dataset_files import columns
from dataset_files.delimited.layout import Table
from dataset_files.delimited.records import LONG, MAX_FIELD, Block, Findings, Numbered, in_blocks
from dataset_files.errors import FileError
from dataset_files.values import as_text

_BATCH = 10_000


def parquet(data: bytes, *, file: str) -> Table:
    """A Parquet file, with pyarrow. Rows are counted from 1."""
    try:
        import pyarrow
        from pyarrow import parquet as opened
    except ImportError:
        raise _missing(file, "a Parquet file", "pyarrow", "parquet") from None
    try:
        source = opened.ParquetFile(io.BytesIO(data))
        names = tuple(source.schema_arrow.names)
    except (pyarrow.ArrowException, OSError, ValueError):
        raise _damaged(file, "Parquet file") from None
    findings = Findings()

    def blocks() -> Iterator[Block]:
        number = 0
        try:
            for batch in source.iter_batches(batch_size=_BATCH):
                values = [_texts(column) for column in batch.columns]
                numbers = range(number + 1, number + batch.num_rows + 1)
                number += batch.num_rows
                if any(max(map(len, column), default=0) > MAX_FIELD for column in values):
                    yield from in_blocks(_fitting(zip(numbers, zip(*values, strict=True), strict=True), findings))
                else:
                    yield numbers, values
        except (pyarrow.ArrowException, OSError):
            raise _damaged(file, "Parquet file") from None

    return Table(names, 0, blocks(), "Parquet", findings)


def _fitting(rows: Iterable[Numbered], findings: Findings) -> Iterator[Numbered]:
    for number, fields in rows:
        if any(len(each) > MAX_FIELD for each in fields):
            findings.odd.append((number, LONG))
        else:
            yield number, fields


def _texts(column: Any) -> list[str]:
    values = column.to_pylist()
    if all(type(value) is str for value in values):
        return list(values)
    return [as_text(value) for value in values]


def excel(data: bytes, *, file: str) -> Table:
    """An Excel or OpenDocument workbook, with python-calamine: the one sheet that has a text column."""
    try:
        import python_calamine
    except ImportError:
        raise _missing(file, "an Excel workbook", "python-calamine", "excel") from None
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in workbook.sheet_names]
    except Exception:  # noqa: BLE001 - the package has an error for each kind of file that it cannot open
        raise _damaged(file, "Excel workbook", "; it may be another document, or have a password") from None
    tables = [table for sheet in sheets if (table := _sheet(sheet)) is not None]
    named = [table for table in tables if columns.has_usual_text_name(table)]
    candidates = named or tables
    if not candidates:
        raise FileError(file=file, line=0, problem="the workbook is empty", remedy="give it a header row and rows")
    if len(candidates) > 1:
        raise FileError(
            file=file,
            line=0,
            problem=f"{len(candidates)} sheets of the workbook may be the dataset",
            remedy="leave one of them in the file, or export it as CSV (UTF-8)",
        )
    return candidates[0]


def _sheet(rows: list[list[Any]]) -> Table | None:
    filled = [
        (number, texts)
        for number, values in enumerate(rows, 1)
        if any(map(str.strip, texts := [as_text(value) for value in values]))
    ]
    if not filled:
        return None
    header_row, header = filled[0]
    width = max(position for position, name in enumerate(header, 1) if name.strip())
    findings = Findings()

    def below() -> Iterator[Numbered]:
        for number, values in filled[1:]:
            if any(map(str.strip, values[width:])):
                findings.odd.append((number, f"not {width} columns"))
            else:
                yield number, values[:width]

    names = tuple(" ".join(name.split()) for name in header[:width])
    return Table(names, header_row, in_blocks(below()), "Excel", findings)


def _missing(file: str, kind: str, package: str, extra: str) -> FileError:
    return FileError(
        file=file,
        line=0,
        problem=f"it is {kind}, for which the package {package} is not installed",
        remedy=f"install the extra (pip install 'rubric[{extra}]'), or save the file as CSV (UTF-8)",
    )


def _damaged(file: str, kind: str, more: str = "") -> FileError:
    return FileError(
        file=file,
        line=0,
        problem=f"the {kind} cannot be opened{more}",
        remedy="save it again, or as CSV (UTF-8)",
    )
