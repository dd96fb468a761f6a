"""Files that commands write: each stays inside the chosen folder, and replaces another only with consent.

Names come from S3 keys, which may contain anything: dot segments, repeated slashes, or names that are different for S3
and the same for a file system.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import typer

from ops.errors import USAGE, OpsError
from ops.terminal.screen import CONTROLS, clean

LONGEST_NAME = 255  # bytes; NAME_MAX of ext4, XFS, APFS and NTFS
LONGEST_PATH = 4096 - 1  # bytes; PATH_MAX of Linux, without its final zero
SHOWN = 3


def below(folder: Path, names: Iterable[str]) -> dict[str, Path]:
    """The paths of files with these names (`a/b.out`) in `folder`, by name.

    Raises OpsError for a name that leads out of the folder, that is not a valid file name, or that equals another one
    on a file system that ignores case or Unicode normal forms.
    """
    placed = {name: folder / name for name in names}
    root = Path(os.path.realpath(folder))
    for name, path in placed.items():
        if problem := _problem(name, path, root):
            raise OpsError(
                f"{clean(name)!r} {problem}, so it cannot be written to {folder}: rename it, or give an S3 "
                "folder for the answers"
            )
    _apart(placed)
    return placed


def named(path: Path, *, option: str) -> Path:
    """The path of a file named on the command line. Raises OpsError if it cannot be written."""
    if len(os.fsencode(path.name)) > LONGEST_NAME or len(os.fsencode(path.absolute())) > LONGEST_PATH:
        raise OpsError(f"{option} {path}: the file name is too long", status=USAGE)
    if not path.absolute().parent.is_dir():
        raise OpsError(f"{option} {path}: there is no folder {path.absolute().parent}", status=USAGE)
    if path.is_dir():
        raise OpsError(f"{option} {path} is a folder: give a file name", status=USAGE)
    return path


class Writer:
    """Writes to paths that were checked before: replaces files only with consent, and never follows a link."""

    def __init__(self, paths: Iterable[Path], *, force: bool, root: Path | None = None) -> None:
        """Ask about existing files. Raises OpsError if there is no terminal. `root`: the folder that contains all."""
        self._root = Path(os.path.realpath(root)) if root else None
        self._agreed = {path for path in paths if _is_there(path)}
        may_replace(sorted(str(path) for path in self._agreed), force=force)

    def write(self, path: Path, content: bytes) -> None:
        """Write the content to the file."""
        self.bring(path, lambda part: part.write_bytes(content))

    def bring(self, path: Path, make: Callable[[Path], object]) -> None:
        """`make(part)` writes a file beside it, which then replaces it: readers see the old or the new file, complete.

        Raises OpsError if it cannot be written, or if a file appeared there after the check.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if self._root and not Path(os.path.realpath(path.parent)).is_relative_to(self._root):
                raise OpsError(f"{path} leads out of {self._root} through a link: nothing was written there")
            if _is_special(path):  # a terminal, a pipe, /dev/null
                make(path)
                return
            if _is_there(path) and path not in self._agreed:
                raise OpsError(f"{path} was created by something else in the meantime and was not overwritten")
            _replace(path, make)
        except OSError as error:
            raise OpsError(f"{path} cannot be written: {error.strerror or error}") from None


def may_replace(places: Sequence[str], *, force: bool) -> None:
    """Continue only with consent to replace the files at these places: `force`, or the user's answer."""
    if not places or force:
        return
    more = len(places) - SHOWN
    shown = ", ".join(clean(place) for place in places[:SHOWN]) + (f" and {more} more" if more > 0 else "")
    there = f"{shown} already exist{'s' if len(places) == 1 else ''}"
    if not sys.stdin.isatty():
        raise OpsError(f"{there}: add --force to replace", status=USAGE)
    typer.confirm(f"{there}. Replace?", abort=True, err=True)


def same(name: str) -> str:
    """A name's form without what some file systems ignore: case, normal form, invisible characters."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(letter for letter in folded if unicodedata.category(letter) != "Cf")


def _problem(name: str, path: Path, root: Path) -> str:
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "has an empty, `.` or `..` segment"
    if CONTROLS.search(name) or "\n" in name or "\t" in name:
        return "contains a control character"
    if max(len(part.encode()) for part in parts) > LONGEST_NAME or len(os.fsencode(root / name)) > LONGEST_PATH:
        return "is too long for a file name"
    if not Path(os.path.realpath(path)).is_relative_to(root):
        return "leads out of the folder through a link"
    return "is a folder" if path.is_dir() else ""


def _apart(placed: dict[str, Path]) -> None:
    """Raises OpsError if a file system may treat two names as one, or if one is the folder that another needs."""
    seen: dict[str, str] = {}
    for name in placed:
        other = seen.setdefault(same(name), name)
        if other != name:
            raise OpsError(
                f"{clean(other)!r} and {clean(name)!r} are the same name on some file systems: rename one, "
                "or give an S3 folder for the answers"
            )
    for name in placed:
        parts = same(name).split("/")
        for count in range(1, len(parts)):
            if file := seen.get("/".join(parts[:count])):
                raise OpsError(
                    f"{clean(file)!r} would be both a file and the folder of {clean(name)!r}: rename one, or give an "
                    "S3 folder for the answers"
                )


def _is_there(path: Path) -> bool:
    return os.path.lexists(path) and not _is_special(path)


def _is_special(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _replace(path: Path, make: Callable[[Path], object]) -> None:
    part = path.with_name(f".rubric-{secrets.token_hex(8)}.part")
    # Created exclusively: `make` opens a new file of ours, with the default permissions of the user's files.
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        make(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
