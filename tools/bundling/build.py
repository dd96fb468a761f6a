"""Builds only what is out of date."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.bundling import archive
from tools.bundling.errors import BundleError
from tools.bundling.targets import Target

BUNDLING = Path(__file__).parent


def input_digest(target: Target, *, root: Path) -> str:
    """Hex SHA-256 of everything that `target` is made from, the code that makes it included."""
    state = hashlib.sha256(f"{target.name} python{sys.version_info[:2]}".encode())
    for place in [*(root / name for name in target.inputs), BUNDLING]:
        if not place.exists():
            raise BundleError(f"{place}: not found")
        for file in [place] if place.is_file() else archive.source_files(place):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            state.update(f"{file.relative_to(place).as_posix()}\0{content}\0".encode())
    return state.hexdigest()


def _is_current(stamp: Path, *, inputs: str, asset: Path) -> bool:
    try:
        known = json.loads(stamp.read_text())
    except (OSError, ValueError):
        return False
    return bool(asset.exists() and known.get("inputs") == inputs and known.get("output") == archive.signature(asset))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One build at a time in `folder`: the tests and a deploy may both ask for one."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(targets: Iterable[Target], *, root: Path, out: Path) -> list[str]:
    """Bring the assets under `out` up to date with the sources under `root`; the names of those that were built."""
    built = []
    work = out / ".work"
    with _alone(out):
        for target in targets:
            inputs, asset, stamp = input_digest(target, root=root), out / target.path, out / f".stamp-{target.name}"
            if _is_current(stamp, inputs=inputs, asset=asset):
                continue
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            partial = work / asset.name
            target.make(root, out / ".cache", partial)
            stamp.unlink(missing_ok=True)
            archive.swap_in(partial, asset)
            stamp.write_text(json.dumps({"inputs": inputs, "output": archive.signature(asset)}) + "\n")
            built.append(target.name)
        shutil.rmtree(work, ignore_errors=True)
    return built
