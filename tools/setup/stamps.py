"""Records an environment's inputs: a second set-up is instant, and a broken environment is repaired."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

STAMP = "rubric-setup.json"
COMPLETE, INSTALLING = "complete", "installing"


def digest(files: Iterable[Path], *, also: Iterable[str] = ()) -> str:
    """Hex SHA-256 over the names and contents of `files` (a missing one counts as such) and the strings `also`."""
    state = hashlib.sha256()
    for file in files:
        content = file.read_bytes() if file.is_file() else b"(missing)"
        state.update(f"{file.name}\0{len(content)}\0".encode() + content)
    for text in also:
        state.update(f"{text}\0".encode())
    return state.hexdigest()


def read(folder: Path) -> dict[str, str]:
    """The stamp in `folder`; empty when there is none or it is not readable as one."""
    try:
        stamp = json.loads((folder / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write(folder: Path, *, state: str, digest: str, python: str = "") -> None:
    """Stamp `folder`; the file appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{STAMP}.partial"
    partial.write_text(json.dumps({"state": state, "digest": digest, "python": python}) + "\n")
    partial.replace(folder / STAMP)
