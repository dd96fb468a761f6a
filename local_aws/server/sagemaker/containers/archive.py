"""tar.gz archives: the source folder and the model in, model.tar.gz and output.tar.gz out."""

import gzip
import tarfile
from pathlib import Path
from typing import Any


class ArchiveError(Exception):
    """The file is not a tar.gz archive that can be unpacked here."""


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks a tar.gz into `folder` (made if need be). Raises ArchiveError, also when a member leads out of it."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            safe: dict[str, Any] = {"filter": "data"}
            if not hasattr(tarfile, "data_filter"):  # Python 3.11.0 to 3.11.3, Debian 12's among them
                _refuse_unsafe(tar, folder.resolve())
                safe = {}
            tar.extractall(folder, **safe)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
        raise ArchiveError(str(error)) from error


def pack(archive: Path, *folders: Path) -> None:
    """Packs what is in the folders, named relative to each; the first that has a name has it. Links are followed.

    The same content gives the same bytes.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            found.setdefault(path.relative_to(folder).as_posix(), path)
    with (
        archive.open("wb") as raw,
        # Level 1: model weights hardly shrink, and the work is on the user's processor.
        gzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=raw, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", dereference=True) as tar,
    ):
        for name, path in sorted(found.items(), key=lambda item: item[0].split("/")):
            tar.add(path, arcname=name, recursive=False, filter=_plain)


def has_files(folder: Path) -> bool:
    """Whether there is a file in the folder or below it."""
    return any(path.is_file() for path in folder.rglob("*"))


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """The member without owner, time and umask; sockets and devices are left out."""
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
