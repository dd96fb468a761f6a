"""A training job's archives: one of their members, and an archive without some of them. No I/O."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Collection

from contracts.datasets import fold

# What a broken archive or document raises.
BROKEN = (tarfile.TarError, zlib.error, OSError, EOFError, ValueError, RecursionError)


def member(packed: bytes, name: str, *, most: int) -> bytes:
    """The content of a file in a `.tar.gz`. Raises one of BROKEN, ValueError for more than `most` bytes or no file."""
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        for each in archive:
            if each.isfile() and _name(each) == name:
                return _read(archive, each, most=most)
    raise ValueError("the archive does not hold it")


def divided(packed: bytes, names: Collection[str], *, most: int = fold.MOST_BYTES) -> tuple[bytes, dict[str, bytes]]:
    """The archive without these files, and their contents by name. Raises one of BROKEN, ValueError if one lacks.

    The same archive gives the same bytes.
    """
    taken: dict[str, bytes] = {}
    buffer = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive,
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w") as rest,
    ):
        for each in archive:
            if each.isfile() and _name(each) in names:
                taken[_name(each)] = _read(archive, each, most=most)
            else:
                rest.addfile(each, archive.extractfile(each) if each.isfile() else None)
    if lacking := set(names) - set(taken):
        raise ValueError(f"the archive does not hold {min(lacking)}")
    return buffer.getvalue(), taken


def same(one: bytes, other: bytes) -> bool:
    """Whether two archives have the same content: another release of zlib may pack it in other bytes."""
    return gzip.decompress(one) == gzip.decompress(other)


def _name(member: tarfile.TarInfo) -> str:
    return member.name.removeprefix("./")


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo, *, most: int) -> bytes:
    if member.size > most:
        raise ValueError(f"{member.size:,} bytes are too many")
    file = archive.extractfile(member)
    return file.read() if file else b""
