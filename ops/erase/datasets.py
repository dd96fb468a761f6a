"""Removes the rows with wanted texts from datasets; the header and all other rows stay byte for byte.

Files are read as in `model_code/training/data/reading.py`; tests/contract/test_erased.py compares the two. A row is
wanted if any of its fields is a wanted text, so the text column need not be known.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ops.erase.editors import HasText, Open, Pieces, UnreadableError
from ops.erase.request_texts import csv_lines, csv_rows

DELIMITERS = (",", "\t", ";", "|")
MAX_RECORD_LINES = 50
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is a prefix of it
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OTHER_FORMATS = (
    *(b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf", b"\xd0\xcf\x11"),
    *(b"PAR1", b"ARROW1", b"SQLite format 3", b"%PDF-", b"Obj\x01"),
)
_OTHER_TEXTS = ("<!doctype html", "<html", "<?xml", '{"', "[{", "version https://git-lfs")


@dataclass(frozen=True)
class _Layout:
    """The file's format. mark: its byte order mark; quoted: whether fields may be quoted and span lines."""

    mark: bytes
    encoding: str
    delimiter: str
    quoted: bool
    has_header: bool


def table(open_: Open, has_text: HasText) -> Pieces:
    """Edits a CSV or TSV file, or the UCI News Aggregator as published."""
    layout = _layout(open_)
    if layout is None:
        yield from ((piece, 0) for piece in open_())
        return
    if layout.mark:
        yield layout.mark, 0
    seen_header = not layout.has_header
    for raw, line in _records(_lines(open_(), layout), layout):
        if not raw.strip() or not seen_header:
            seen_header = seen_header or bool(raw.strip())
            yield raw.encode(layout.encoding), 0
            continue
        wanted = any(map(has_text, _fields(raw, layout, line)))
        yield (b"" if wanted else raw.encode(layout.encoding)), int(wanted)


def _layout(open_: Open) -> _Layout | None:
    """None for an empty file."""
    with open_() as stream:
        start = stream.read(4096)
    if any(start.startswith(magic) for magic in _OTHER_FORMATS):
        raise UnreadableError("it is not a text file: unpack or convert it, or delete it")
    mark, encoding = next(((mark, name) for mark, name in _MARKS if start.startswith(mark)), (b"", "utf-8"))
    if not mark and b"\0" in start:
        raise UnreadableError("it has NUL bytes and no byte order mark: it is not UTF-8")
    draft = _Layout(mark, encoding, ",", quoted=True, has_header=True)
    header = next((line for line in _lines(open_(), draft) if line.strip()), None)
    if header is None:
        return None
    if header.lstrip().casefold().startswith(_OTHER_TEXTS):
        raise UnreadableError("it is not a table")
    header = header.rstrip("\r\n")
    if _is_uci_as_published(header):
        return _Layout(mark, encoding, "\t", quoted=False, has_header=False)
    widths = {one: len(next(iter(csv_rows([header], delimiter=one)), [])) for one in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda one: widths[one])
    plain = delimiter == "\t" and _same_width(_lines(open_(), draft), widths["\t"])
    return _Layout(mark, encoding, delimiter, quoted=not plain, has_header=True)


def _lines(stream: BinaryIO, layout: _Layout) -> Iterator[str]:
    """The lines with their original line ends."""
    with stream:
        stream.read(len(layout.mark))
        text = io.TextIOWrapper(stream, encoding=layout.encoding, newline="")
        while True:
            try:
                line = text.readline()
            except UnicodeDecodeError as error:
                name = layout.encoding.upper()
                raise UnreadableError(f"it is not {name} (byte 0x{error.object[error.start]:02x})") from None
            if not line:
                return
            yield line


def _is_uci_as_published(header: str) -> bool:
    fields = header.split("\t")
    return len(fields) == 8 and fields[0].strip().isdigit() and fields[4].strip() in {"b", "e", "m", "t"}


def _same_width(lines: Iterator[str], width: int) -> bool:
    return all(line.count("\t") + 1 == width for line in lines if line.strip())


def _records(lines: Iterator[str], layout: _Layout) -> Iterator[tuple[str, int]]:
    """Each record's raw text, and the number of its first line."""
    number, began, held = 0, 1, list[str]()
    opened = False
    for line in lines:
        number += 1
        held.append(line)
        opened ^= layout.quoted and line.count('"') % 2 == 1
        if opened and len(held) <= MAX_RECORD_LINES:
            continue
        if opened:
            break
        yield "".join(held), began
        held, began = [], number + 1
    if held:
        raise UnreadableError(f"a double quote opened in the record at line {began:,} is never closed")


def _fields(raw: str, layout: _Layout, line: int) -> list[str]:
    content = raw.rstrip("\r\n")
    if not layout.quoted:
        fields = content.split(layout.delimiter)
        return [*fields, *(_unquoted(field) for field in fields if field.startswith('"'))]
    try:
        rows = csv_rows(csv_lines(content), delimiter=layout.delimiter)
    except csv.Error as error:
        raise UnreadableError(f"the record at line {line:,} cannot be read ({error})") from None
    if len(rows) != 1:
        raise UnreadableError(f"the record at line {line:,} has unbalanced quotes")
    return rows[0]


def _unquoted(field: str) -> str:
    return field[1:-1].replace('""', '"') if len(field) > 1 and field.endswith('"') else field
