"""Read and write tar.gz archives: the source folder and the model in, model.tar.gz and output.tar.gz out."""

import gzip
import posixpath
import tarfile
from pathlib import Path
from typing import Any

_OUTSIDE = ".."  # never the name of a path


class ArchiveError(Exception):
    """The file is not a tar.gz archive that can be unpacked here."""


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar.gz into `folder`, created if needed. Raises ArchiveError, also for a member outside the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            _check_members(tar)
            safe: dict[str, Any] = {"filter": "data"}
            if not hasattr(tarfile, "data_filter"):  # Python 3.11.0 to 3.11.3, including Debian 12's
                _refuse_unsafe(tar, folder.resolve())
                safe = {}
            tar.extractall(folder, **safe)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
        raise ArchiveError(str(error)) from error


def pack(archive: Path, *folders: Path) -> None:
    """Pack the folders' content under relative names; for duplicate names the first folder wins. Follows links.

    The same content always gives the same bytes.
    """
    files: dict[str, Path] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            files.setdefault(path.relative_to(folder).as_posix(), path)
    with (
        archive.open("wb") as raw,
        # Level 1: model weights barely compress, and higher levels only cost the user's CPU time.
        gzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=raw, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", dereference=True) as tar,
    ):
        for name, path in sorted(files.items(), key=lambda item: item[0].split("/")):
            tar.add(path, arcname=name, recursive=False, filter=_plain)


def has_files(folder: Path) -> bool:
    """Whether the folder or any folder below it contains a file."""
    return any(path.is_file() for path in folder.rglob("*"))


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Strip owner, time and umask from a member; drop sockets and devices."""
    if not (member.isfile() or member.isdir() or member.islnk()):
        return None
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


def _refuse_unsafe(tar: tarfile.TarFile, folder: Path) -> None:
    for member in tar.getmembers():
        if not (member.isfile() or member.isdir()):
            raise ArchiveError(f"{member.name}: this Python unpacks only files and folders (3.11.4: links too)")
        if not (folder / member.name).resolve().is_relative_to(folder):
            raise ArchiveError(f"{member.name}: leads out of the folder")


def _check_members(tar: tarfile.TarFile) -> None:
    """Raise ArchiveError for names or links that lead out of the archive, with or without Python's own filters.

    Checks names and links as written, and rejects any path that passes through a link, even one within the archive.
    """
    members = tar.getmembers()
    links = {_walked(member.name)[-1].casefold() for member in members if member.issym()}
    for member in members:
        ways = [_walked(member.name)[:-1] if member.issym() else _walked(member.name)]
        if member.issym():
            ways.append(_walked(posixpath.join(posixpath.dirname(member.name), member.linkname)))
        if member.islnk():
            ways.append(_walked(member.linkname))
        if _OUTSIDE in [each for way in ways for each in way]:
            raise ArchiveError(f"{member.name!r} leads out of the archive")
        if links.intersection(each.casefold() for way in ways for each in way):
            raise ArchiveError(f"{member.name!r} leads through a link of the archive")


def _walked(name: str) -> list[str]:
    """Return every path along a name, ending with the name itself; includes _OUTSIDE if it leaves the archive."""
    if name.startswith("/"):
        return [_OUTSIDE]
    parts: list[str] = []
    places: list[str] = []
    for part in name.split("/"):
        if part == ".." and not parts:
            places.append(_OUTSIDE)
        elif part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
        places.append("/".join(parts))
    return places
