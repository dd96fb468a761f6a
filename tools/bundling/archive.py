"""Writes folders and archives whose bytes depend only on names and contents."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path

# 1980-01-01, the oldest time that zip files can hold: every file in an asset carries it.
FIXED_TIME = 315532800


def source_files(folder: Path) -> list[Path]:
    """The files under `folder` that belong into an asset, sorted, without leftovers of Python and editors."""
    files = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
        files += [Path(place, name) for name in names if not name.startswith(".") and not name.endswith((".pyc", "~"))]
    return sorted(files, key=lambda file: file.relative_to(folder).as_posix())


def copy_tree(source: Path, target: Path) -> None:
    """Copy the source files under `source` to `target`."""
    for file in source_files(source):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def make_uniform(folder: Path) -> None:
    """Give everything under `folder` the same times and modes, independent of the umask and the clock."""
    for place, folders, names in os.walk(folder, topdown=False):
        for name in names:
            Path(place, name).chmod(0o644)
            os.utime(Path(place, name), (FIXED_TIME, FIXED_TIME))
        for name in folders:
            Path(place, name).chmod(0o755)
            os.utime(Path(place, name), (FIXED_TIME, FIXED_TIME))


def tar_gz(target: Path, members: Iterable[tuple[str, Path]]) -> None:
    """Write a gzipped tar of `members` (name in the archive, file), in the order of their names."""
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, file in sorted(members):
            content = file.read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), 0o644, FIXED_TIME
            archive.addfile(entry, io.BytesIO(content))
    os.utime(target, (FIXED_TIME, FIXED_TIME))


def signature(path: Path) -> str:
    """A digest of the names, sizes and times of the files at `path`, which shows an edit of a built asset."""
    state = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(path.rglob("*")):
        status = file.stat()
        size = status.st_size if file.is_file() else 0
        state.update(f"{file.relative_to(path).as_posix()}\0{size}\0{int(status.st_mtime)}\0".encode())
    return state.hexdigest()


def swap_in(built: Path, target: Path) -> None:
    """Replace `target` (file or folder) with `built` by renaming, so no reader sees an incomplete state."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if built.is_file() and not target.is_dir():
        built.replace(target)
        return
    old = built.with_name(built.name + ".old")
    if target.exists():
        target.replace(old)
    built.replace(target)
    if old.is_dir():
        shutil.rmtree(old)
    else:
        old.unlink(missing_ok=True)
