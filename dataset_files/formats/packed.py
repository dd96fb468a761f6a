"""What is inside compressed files and zip archives."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

from dataset_files.errors import FileError

LARGEST = 4 * 1024**3  # bytes that may come out: more is a mistake, or meant to fill the memory
ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_Opened = Callable[[io.BytesIO], Any]
_COMPRESSED: tuple[tuple[bytes, str, _Opened], ...] = (
    (b"\x1f\x8b", ".gz", lambda raw: gzip.GzipFile(fileobj=raw)),
    (b"BZh", ".bz2", bz2.BZ2File),
    (b"\xfd7zXZ\x00", ".xz", lzma.LZMAFile),
)
_DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, NotImplementedError)


def unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]] | None:
    """The files inside: (name, content); None for a file that is not packed, such as an Excel workbook.

    Nothing is unpacked before it is asked for.
    """
    for magic, suffix, open_ in _COMPRESSED:
        if data.startswith(magic):
            return _decompressed(name, data, name.removesuffix(suffix), open_)
    if data.startswith((ZIP, _EMPTY_ZIP)) and not _is_document(data):
        return _members(name, data)
    return None


def _decompressed(name: str, data: bytes, inside: str, open_: _Opened) -> Iterator[tuple[str, bytes]]:
    try:
        with open_(io.BytesIO(data)) as stream:
            content = _read(stream, name, LARGEST)
    except _DAMAGED:
        raise _damaged(name) from None
    yield inside, content


def _is_document(data: bytes) -> bool:
    """Whether a zip archive is a workbook or another document, which is one file to its owner."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except _DAMAGED:
        return False
    return "[Content_Types].xml" in names or "mimetype" in names


def _members(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    left, found = LARGEST, False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in sorted(archive.infolist(), key=lambda each: each.filename):
                parts = member.filename.split("/")
                if member.is_dir() or "__MACOSX" in parts or parts[-1].startswith("."):
                    continue
                with archive.open(member) as stream:
                    content = _read(stream, name, left)
                left, found = left - len(content), True
                yield member.filename, content
    except _DAMAGED:
        raise _damaged(name) from None
    if not found:
        raise FileError(
            file=name, line=0, problem="the archive has no file", remedy="put the data file into it, or use that itself"
        )


def _read(stream: IO[bytes], name: str, most: int) -> bytes:
    content = stream.read(most + 1)
    if len(content) > most:
        raise FileError(
            file=name,
            line=0,
            problem=f"it holds more than {LARGEST // 1024**3} GiB",
            remedy="divide it, or take a sample of its rows",
        )
    return content


def _damaged(name: str) -> FileError:
    return FileError(
        file=name,
        line=0,
        problem="it breaks off, is damaged or has a password",
        remedy="unpack the file yourself, or download it again",
    )
