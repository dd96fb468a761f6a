"""From the bytes of a dataset file to records: encoding, delimiter and quoting."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from model_code.training.errors import DatasetError

DELIMITERS = (",", "\t", ";", "|")
UCI_COLUMNS = ("ID", "TITLE", "URL", "PUBLISHER", "CATEGORY", "STORY", "HOSTNAME", "TIMESTAMP")
MAX_RECORD_LINES = 50
MAX_FIELD = 131_072  # characters

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_OTHER_FORMATS = (  # first bytes, what it is, what to do
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "unpack it, or export the sheet as CSV (UTF-8)"),
    (b"\x1f\x8b", "compressed with gzip", "unpack it (gunzip) and use the CSV or TSV file inside"),
    (b"BZh", "compressed with bzip2", "unpack it (bunzip2) and use the CSV or TSV file inside"),
    (b"\xfd7zXZ\x00", "compressed with xz", "unpack it (unxz) and use the CSV or TSV file inside"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", "unpack it (unzstd) and use the CSV or TSV file inside"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it and use the CSV or TSV file inside"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document", "export it as CSV (UTF-8)"),
    (b"PAR1", "a Parquet file", "convert it to CSV (pandas: read_parquet(...).to_csv(..., index=False))"),
    (b"ARROW1", "an Arrow file", "convert it to CSV (pandas: read_feather(...).to_csv(..., index=False))"),
    (b"SQLite format 3", "a SQLite database", "export the table as CSV"),
    (b"%PDF-", "a PDF document", "use a CSV or TSV file with one labelled text per line"),
)
_OTHER_TEXTS = (  # first letters, without white space and case
    ("<!doctype html", "a web page, perhaps an error page saved by a download", "download the data file itself"),
    ("<html", "a web page, perhaps an error page saved by a download", "download the data file itself"),
    ("<?xml", "an XML document", "convert it to CSV"),
    ('{"', "JSON", "convert it to CSV (pandas: read_json(..., lines=True).to_csv(..., index=False))"),
    ("[{", "JSON", "convert it to CSV (pandas: read_json(...).to_csv(..., index=False))"),
    ("version https://git-lfs", "a Git LFS pointer instead of the data", "fetch the data itself (git lfs pull)"),
)


@dataclass(frozen=True)
class Record:
    """The fields of one record and the line of the file it starts on (from 1)."""

    line: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Column names, the line of the header (0: the file has none) and the records below it."""

    columns: tuple[str, ...]
    header_line: int
    records: Iterator[Record]
    layout: str


def find_file(folder: Path) -> Path:
    """The one data file in a channel folder; DatasetError when there is none or several."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    if len(files) == 1:
        return files[0]
    problem = "no file" if not files else f"{len(files)} files ({', '.join(path.name for path in files[:5])})"
    raise DatasetError(
        file=str(folder),
        line=0,
        problem=f"the dataset folder has {problem}",
        remedy="set the location of one CSV or TSV file",
    )


def decode(data: bytes, *, file: str) -> str:
    """Text of a UTF-8 file, or of a UTF-16/32 file with a byte order mark; DatasetError names the offending line."""
    for magic, kind, remedy in _OTHER_FORMATS:
        if data.startswith(magic):
            raise DatasetError(file=file, line=1, problem=f"not a text file: it is {kind}", remedy=remedy)
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in data[:4096]:
        raise DatasetError(
            file=file,
            line=1,
            problem="the file has zero bytes, so it is not UTF-8; perhaps it is UTF-16 without a byte order mark",
            remedy="save the file as UTF-8 (iconv -f UTF-16LE -t UTF-8 in.csv > out.csv)",
        )
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if not encoding.startswith("utf-8"):
            raise DatasetError(
                file=file,
                line=1,
                problem=f"the file starts as {encoding.upper()} but is damaged",
                remedy="save the file as UTF-8",
            ) from error
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"byte 0x{data[error.start]:02x} is not UTF-8; the file has another encoding"
        remedy = "save the file as UTF-8 (for a Western European one: iconv -f WINDOWS-1252 -t UTF-8 in.csv > out.csv)"
        raise DatasetError(file=file, line=line, problem=problem, remedy=remedy) from error


def parse(text: str, *, file: str) -> Table:
    """Recognise a file's layout: the UCI file as published, or a header with one of DELIMITERS."""
    start = len(text) - len(text.lstrip())
    if start == len(text):
        raise DatasetError(
            file=file,
            line=1,
            problem="the file is empty",
            remedy="it needs a header line and one labelled text per line",
        )
    beginning = text[start : start + 40].casefold()
    for letters, what, remedy in _OTHER_TEXTS:
        if beginning.startswith(letters):
            raise DatasetError(file=file, line=1, problem=f"this is {what}, not a table", remedy=remedy)
    lines = _lines(text)
    first = next(number for number, line in enumerate(lines, 1) if line.strip())
    header = lines[first - 1]
    if _is_uci_as_published(header):
        return Table(UCI_COLUMNS, 0, _plain_records(lines, "\t", first - 1), "UCI News Aggregator as published")
    delimiter = max(DELIMITERS, key=lambda candidate: len(_split(header, candidate)))
    columns = tuple(name.strip() for name in _split(header, delimiter))
    kind = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}[delimiter]
    if delimiter == "\t" and _same_width(lines[first:], len(columns)):
        # A tab-separated file with a whole record on each line: quotes are part of the text unless they enclose it.
        records = _unquoted(_plain_records(lines, delimiter, first))
        return Table(columns, first, records, "tab separated with a header")
    return Table(columns, first, _quoted_records(text, delimiter, first, file), f"{kind} separated with a header")


def _lines(text: str) -> list[str]:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")


def _is_uci_as_published(line: str) -> bool:
    fields = line.split("\t")
    return len(fields) == len(UCI_COLUMNS) and fields[0].strip().isdigit() and fields[4].strip() in {"b", "e", "m", "t"}


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _same_width(lines: list[str], width: int) -> bool:
    return all(line.count("\t") + 1 == width for line in lines if line.strip())


def _plain_records(lines: list[str], delimiter: str, skip: int) -> Iterator[Record]:
    for number, line in enumerate(lines[skip:], skip + 1):
        if line.strip():
            yield Record(number, tuple(line.split(delimiter)))


def _unquoted(records: Iterator[Record]) -> Iterator[Record]:
    for record in records:
        yield Record(record.line, tuple(_unquote(field) for field in record.fields))


def _unquote(field: str) -> str:
    if len(field) < 2 or not (field[0] == field[-1] == '"') or '"' in field[1:-1].replace('""', ""):
        return field
    return field[1:-1].replace('""', '"')


def _quoted_records(text: str, delimiter: str, header_line: int, file: str) -> Iterator[Record]:
    csv.field_size_limit(MAX_FIELD)  # a setting of the whole process, which the serving code raises
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            if reader.line_num - line <= 1 and "limit" in str(error):
                raise DatasetError(
                    file=file,
                    line=line,
                    problem=f"a field has more than {MAX_FIELD:,} characters",
                    remedy="shorten it: the model reads only about the first fifty word pieces",
                ) from error
            raise _unclosed(file, line, delimiter) from error
        if fields is None:
            return
        if reader.line_num - line + 1 > MAX_RECORD_LINES:
            raise _unclosed(file, line, delimiter)
        if fields and line > header_line:
            yield Record(line, tuple(fields))
        line = reader.line_num + 1


def _unclosed(file: str, line: int, delimiter: str) -> DatasetError:
    return DatasetError(
        file=file,
        line=line,
        problem="a double quote that opens a field here is never closed",
        remedy=f"close it, or write it twice inside a quoted field (the delimiter is {delimiter!r})",
    )
