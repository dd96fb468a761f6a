"""The layout of a delimited text: where its header is, which delimiter and which columns it has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress

from dataset_files.delimited import decoding
from dataset_files.delimited.decoding import Decoded
from dataset_files.delimited.lines import Lines
from dataset_files.delimited.records import Block, Delimited, Findings, Numbered
from dataset_files.delimited.single import Single
from dataset_files.errors import FileError

DELIMITERS = (",", "\t", ";", "|")
UCI_COLUMNS = ("ID", "TITLE", "URL", "PUBLISHER", "CATEGORY", "STORY", "HOSTNAME", "TIMESTAMP")
UNDECODED = "not in the file's encoding"
HEADER_AGAIN = "the header once more"  # where files were joined
_NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_SEPARATOR = re.compile(r'"?sep=(.{0,2})"?\Z', re.IGNORECASE)  # the line that Excel takes the delimiter from
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u00ad"  # what names may have at their ends
_NONE = "\x1f"  # of a file with one column, whose commas are part of its texts
_SAMPLE = 500  # lines that say which delimiter it is
_OTHER_TEXTS = (  # first letters in lower case, what it is, what to do
    ("<!doctype html", "a web page, perhaps an error page saved by a download", "download the data file itself"),
    ("<html", "a web page, perhaps an error page saved by a download", "download the data file itself"),
    ("<table", "a web page, as some systems call an Excel workbook", "open it with Excel and save it as CSV (UTF-8)"),
    ("<?xml", "an XML document", "convert it to CSV"),
    ("{\\rtf", "a document of a word processor", "save its table as CSV (UTF-8)"),
    ("@relation", "an ARFF file", "convert it to CSV"),
    ("__label__", "a fastText file", "convert it to CSV with a text and a label column"),
    ("version https://git-lfs", "a Git LFS pointer instead of the data", "fetch the data itself (git lfs pull)"),
)


@dataclass(frozen=True)
class Table:
    """The column names, the header's line (0: the file has none), and the rows below in blocks, to be taken once.

    ``findings`` is complete when all blocks have been taken. Rows that have no line of their own, as in Parquet, are
    counted from 1.
    """

    columns: tuple[str, ...]
    header_line: int
    blocks: Iterable[Block]
    layout: str
    findings: Findings = field(default_factory=Findings)

    @property
    def rows(self) -> Iterator[Numbered]:
        """The rows one by one: (line, fields)."""
        for numbers, columns in self.blocks:
            yield from zip(numbers, zip(*columns, strict=True), strict=True)


def parse(decoded: Decoded, *, file: str) -> Table:
    """Recognise a text's layout: the UCI file as published, or a header with one of DELIMITERS."""
    lines = Lines(decoded.with_line_feeds())
    head, first = _beginning(lines)
    if not first:
        raise FileError(
            file=file,
            line=1,
            problem="the file is empty",
            remedy="give it a header line and one labelled text per line",
        )
    beginning = " ".join(head[first - 1 :])[:100].lstrip().casefold()
    for letters, what, remedy in _OTHER_TEXTS:
        if beginning.startswith(letters):
            raise FileError(file=file, line=1, problem=f"this is {what}, not a table", remedy=remedy)
    return _without_odd(_parse(lines, head, first), lines)


def _parse(lines: Lines, head: Sequence[str], first: int) -> Table:
    if is_uci_as_published(head[first - 1]):
        records = Delimited(lines, "\t", len(UCI_COLUMNS), skip=first - 1, quoting=False)
        return Table(UCI_COLUMNS, 0, records, "UCI News Aggregator as published", records.findings)
    told = _SEPARATOR.match(head[first - 1].strip(" \r"))
    if told:
        first = next((number for number, line in enumerate(head[first:], first + 1) if line.strip()), first)
    delimiter = told[1] if told and len(told[1]) == 1 and told[1] != '"' else ""
    if not delimiter or len(header(head, first, delimiter)[0]) == 1:  # a line that says what is not so
        delimiter = _delimiter(lines, head, first)
    columns, last = header(head, first, delimiter)
    records = Delimited(lines, delimiter, len(columns), skip=last)
    name = "one column" if delimiter == _NONE else f"{_NAMES.get(delimiter, 'otherwise')} separated"
    return Table(columns, first, records, f"{name} with a header", records.findings)


def _beginning(lines: Lines) -> tuple[list[str], int]:
    """The lines that say what the layout is, and the number of the first that is not blank; 0 if there is none.

    They are the blank ones, the header and a sample of those below.
    """
    head: list[str] = []
    first = 0
    for number, line in enumerate(lines.between(0, lines.end), 1):
        head.append(line)
        first = first or (number if line.strip() else 0)
        if first and number - first == _SAMPLE:
            break
    return head, first


def is_uci_as_published(line: str) -> bool:
    """Whether a file's first line is a row of the UCI News Aggregator, which has no header."""
    fields = line.split("\t")
    return len(fields) == len(UCI_COLUMNS) and fields[0].strip().isdigit() and fields[4].strip() in {"b", "e", "m", "t"}


def header(lines: Sequence[str], first: int, delimiter: str) -> tuple[tuple[str, ...], int]:
    """The column names on the line ``first``, and the last line of the header: names may go on over lines."""
    reader, held = Single(delimiter), ""
    for number in range(first, min(first + 20, len(lines)) + 1):
        held += lines[number - 1]
        fields = reader.fields(held)
        if fields is not None:
            return _names(fields), number
        if not reader.is_open:
            break
        held += "\n"
    return _names(lines[first - 1].split(delimiter)), first


def _names(fields: Iterable[str]) -> tuple[str, ...]:
    bare = (" ".join(name.strip(_INVISIBLE).split()) for name in fields)
    return tuple(name[1:-1].strip() if len(name) > 1 and name[0] == name[-1] == '"' else name for name in bare)


def _delimiter(lines: Lines, head: Sequence[str], first: int) -> str:
    """Of those that divide the header, the one by which most lines have as many columns; then, most columns."""
    sample = lines.up_to(lines.after(len(head)))

    def judged(delimiter: str) -> tuple[int, int]:
        columns, last = header(head, first, delimiter)
        width = len(columns)
        if width == 1:
            return -1, 0
        records = Delimited(sample, delimiter, width, skip=first) if last == first else ()
        return sum(len(numbers) for numbers, _ in records), width

    judgements = {delimiter: judged(delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=judgements.__getitem__)
    return best if judgements[best][1] else _NONE


def _without_odd(table: Table, lines: Lines) -> Table:
    """The table without rows that are not of the file's encoding, or its header once more."""
    width = len(table.columns)
    last = table.columns[-1] if table.header_line and width > 1 else None

    def reason(fields: Sequence[str]) -> str:
        if lines.decoded.damaged and any(map(decoding.undecoded, fields)):
            return UNDECODED
        return HEADER_AGAIN if last is not None and _names(fields) == table.columns else ""

    def blocks() -> Iterator[Block]:
        for numbers, values in table.blocks:
            if not lines.decoded.damaged and (last is None or last not in values[-1]):
                yield numbers, values
                continue
            reasons = [reason(fields) for fields in zip(*values, strict=True)]
            table.findings.odd += [(number, why) for number, why in zip(numbers, reasons, strict=True) if why]
            good = [not why for why in reasons]
            if any(good):
                yield list(compress(numbers, good)), [list(compress(column, good)) for column in values]

    columns = tuple(name.encode("utf-8", "replace").decode() for name in table.columns)
    return Table(columns, table.header_line, blocks(), table.layout, table.findings)
