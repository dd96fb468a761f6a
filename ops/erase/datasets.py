"""Removes the rows with wanted texts from datasets; the header and all other rows stay byte for byte.

Rows are those that the training job reads (dataset_files/). A row is wanted if any of its fields is a wanted text, so
the text column need not be known.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dataset_files.delimited import decoding, layout
from dataset_files.delimited.decoding import Decoded
from dataset_files.errors import FileError
from dataset_files.formats import json_tables
from ops.erase import request_texts
from ops.erase.editors import HasText, Open, Pieces, UnreadableError

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


@dataclass(frozen=True)
class _Text:
    """A file's text, and its lines as they are, with their ends; ``encoded`` makes bytes of these."""

    mark: bytes
    encoding: str
    errors: str
    decoded: Decoded
    is_blank: bool
    lines: list[str]

    def encoded(self, lines: Iterable[str]) -> bytes:
        """The bytes of the file that these lines were."""
        return "".join(lines).encode(self.encoding, self.errors)


def table(open_: Open, has_text: HasText) -> Pieces:
    """Edits a text file that is a dataset: delimited, or JSON lines."""
    with open_() as stream:
        data = stream.read()
    text = _text(data)
    if text.is_blank:
        yield data, 0
        return
    yield text.mark, 0
    candidates = _json_rows(text) if json_tables.is_json(text.decoded) else _rows(text)
    done = 0
    for first, last, values in candidates:
        wanted = any(map(has_text, values))
        yield text.encoded(text.lines[done : first - 1]), 0
        yield (b"" if wanted else text.encoded(text.lines[first - 1 : last])), int(wanted)
        done = last
    yield text.encoded(text.lines[done:]), 0


def _text(data: bytes) -> _Text:
    if any(data.startswith(magic) for magic in _OTHER_FORMATS):
        raise UnreadableError("it is not a text file: unpack or convert it, or delete it")
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    errors = "surrogateescape" if encoding == "utf-8" else "strict"
    try:
        decoded = decoding.decode(data, file="")
        is_blank = not decoded.text.strip()
        raw = data[len(mark) :].decode(encoding, errors)
    except FileError as error:
        raise UnreadableError(error.problem) from None
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it is damaged at byte {error.start:,}") from None
    return _Text(mark, encoding, errors, decoded, is_blank, decoding.raw_lines(raw))


def _json_rows(text: _Text) -> Iterator[tuple[int, int, Sequence[str]]]:
    try:
        opened = json_tables.parse(text.decoded, file="")
    except FileError as error:
        raise UnreadableError(error.problem) from None
    if opened.layout != json_tables.LINES:
        raise UnreadableError("it is not a table of lines: convert it to JSON lines or CSV, or delete it")
    for number, line in enumerate(text.lines, 1):
        yield number, number, request_texts.json_texts(line)


def _rows(text: _Text) -> Iterator[tuple[int, int, Sequence[str]]]:
    """The first and the last line of each row, and what may be texts in it."""
    try:
        opened = layout.parse(text.decoded, file="")
        rows: dict[int, Sequence[str]] = dict(opened.rows)
    except FileError as error:
        raise UnreadableError(error.problem) from None
    rows |= {line: () for line, _ in opened.findings.odd}
    starts = [*sorted(rows), len(text.lines) + 1]
    for first, following in pairwise(starts):
        last = following - 1
        while last > first and not text.lines[last - 1].strip():
            last -= 1
        yield first, last, [*rows[first], *_ways(text.lines[first - 1 : last])]


def _ways(lines: Sequence[str]) -> Iterator[str]:
    """What a row's fields would be if its quotes were text, or if they only enclosed it."""
    line = "".join(lines).rstrip("\r\n")
    for delimiter in layout.DELIMITERS:
        for field in line.split(delimiter):
            yield field
            if len(field) > 1 and field[0] == field[-1] == '"':
                yield field[1:-1].replace('""', '"')
