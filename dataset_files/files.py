"""Finds the files of a dataset and opens each as a table, by what it holds and not by its name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset_files.delimited import decoding, layout
from dataset_files.delimited.layout import Table
from dataset_files.errors import FileError
from dataset_files.formats import json_tables, packaged, packed

_OTHER_FORMATS = (  # first bytes, what it is, what to do
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", "unpack it (unzstd) and use the file inside"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it and use the file inside"),
    (b"ARROW1", "an Arrow file", "save it as Parquet or CSV (pandas: read_feather(...).to_parquet(...))"),
    (b"SQLite format 3", "a SQLite database", "export the table as CSV"),
    (b"%PDF-", "a PDF document", "use a CSV or TSV file with one labelled text per line"),
)
_WORKBOOKS = (packed.ZIP, b"\xd0\xcf\x11\xe0")  # the second is older, and of other documents, too
_PARQUET = b"PAR1"
_TAR = 257  # where a tar archive says that it is one
_DEPTH = 2  # a compressed file in an archive


@dataclass(frozen=True)
class Content:
    """The bytes of one file, and the name by which messages call it."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Its digest, as hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()


def find(places: Sequence[Path]) -> list[Path]:
    """The files at ``places``, of which folders stand for all files below them but hidden ones, sorted."""
    files: list[Path] = []
    for place in places:
        if place.is_dir():
            inside = sorted(path for path in place.rglob("*") if path.is_file() and not path.name.startswith("."))
            if not inside:
                raise FileError(
                    file=str(place),
                    line=0,
                    problem="the dataset folder has no file",
                    remedy="set the location of a file, or of a folder with files",
                )
            files += inside
        elif place.is_file():
            files.append(place)
        else:
            raise FileError(
                file=str(place), line=0, problem="the file does not exist", remedy="name a file or a folder with files"
            )
    return files


def contents(files: Sequence[Path]) -> Iterator[Content]:
    """The bytes of each file, one at a time; of archives and compressed files, those inside."""
    for path in files:
        yield from inside(Content(path.name, path.read_bytes()))


def inside(content: Content, *, depth: int = _DEPTH) -> Iterator[Content]:
    """What a file is to its owner: the files in an archive, what a compressed file holds, or the file itself."""
    unpacked = packed.unpacked(content.name, content.data)
    if unpacked is None:
        yield content
        return
    if not depth:
        raise FileError(
            file=content.name,
            line=0,
            problem="it is an archive within archives",
            remedy="unpack it and use the files inside",
        )
    for name, data in unpacked:
        yield from inside(Content(name, data), depth=depth - 1)


def table(content: Content, *, encoding: str = "") -> Table:
    """Open one file as a table; FileError where it is none. ``encoding``: of a text, if it is not UTF-8."""
    data, name = content.data, content.name
    if data.startswith(_PARQUET):
        return packaged.parquet(data, file=name)
    if data.startswith(_WORKBOOKS):
        return packaged.excel(data, file=name)
    for magic, kind, remedy in _OTHER_FORMATS:
        if data.startswith(magic):
            raise FileError(file=name, line=1, problem=f"it is not a text file but {kind}", remedy=remedy)
    if data[_TAR : _TAR + 5] == b"ustar":
        raise FileError(file=name, line=1, problem="it is a tar archive", remedy="unpack it and use the files inside")
    decoded = decoding.decode(data, file=name, encoding=encoding)
    if json_tables.is_json(decoded):
        return json_tables.parse(decoded, file=name)
    return layout.parse(decoded, file=name)
