"""The SHA-256 of an artifact's files, which training writes into metadata.json and servers check before using a file.

metadata.json itself is covered by the archive's digest in the model package. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.models import artifact
from contracts.models.artifact import Artifact, ArtifactError

FORMAT = 3  # from this format on, there may be a linear model, which older servers would leave out
WITH_FILES = 2  # from this format on, metadata.json has `files`, and there is a reference.json
UNSEALED = 1  # artifacts without a format: older ones, and one that training is still filling
PYCACHE = "__pycache__"


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256, in hex, of every file under ``folder`` but metadata.json, by its path; ArtifactError for links."""
    return {name: sha256(folder / name) for name in sorted(_names(folder)) if name != artifact.METADATA_FILE}


def seal(folder: Path) -> None:
    """Add the digests of the files in ``folder`` to its metadata.json; nothing may be added afterwards."""
    metadata = artifact.read_json(folder / artifact.METADATA_FILE)
    needed = FORMAT if (folder / artifact.LINEAR_FILE).exists() else WITH_FILES
    sealed = {**metadata, "format": needed, "files": digests(folder)}
    artifact.write_json(folder / artifact.METADATA_FILE, sealed)


def check(unpacked: Artifact, *, under: str = "") -> bool:
    """ArtifactError names the first file that is changed, missing or extra; False for an artifact without digests.

    ``under``: check only that folder of the artifact.
    """
    listed = _listed(unpacked)
    if listed is None:
        return False
    here = {name for name in _names(unpacked.folder) if name != artifact.METADATA_FILE}
    for name in sorted(name for name in here | listed.keys() if name.startswith(f"{under}/" if under else "")):
        if name not in here:
            raise ArtifactError(f"{unpacked.folder}: {name} is missing, although metadata.json lists it")
        if name not in listed:
            raise ArtifactError(f"{unpacked.folder}: {name} is extra: metadata.json does not list it")
        if sha256(unpacked.folder / name) != listed[name]:
            raise ArtifactError(f"{unpacked.folder}: {name} has changed since training wrote it: its SHA-256 differs")
    return True


def _listed(unpacked: Artifact) -> dict[str, Any] | None:
    """The digests in metadata.json; None for an older artifact without them."""
    where = f"{unpacked.folder / artifact.METADATA_FILE}"
    form, files = unpacked.metadata.get("format", UNSEALED), unpacked.metadata.get("files")
    if type(form) is not int or not UNSEALED <= form <= FORMAT:
        raise ArtifactError(f"{where} has format {form!r}; this server reads formats {UNSEALED} to {FORMAT}")
    if form == UNSEALED and files is None and not (unpacked.folder / artifact.REFERENCE_FILE).exists():
        return None
    if form < FORMAT and unpacked.linear_path:
        raise ArtifactError(f"{where} has format {form}, which knows no {artifact.LINEAR_FILE}, but there is one")
    if not isinstance(files, dict):
        raise ArtifactError(f"{where} does not list its files, as an artifact of format {WITH_FILES} or later must")
    unlisted = [name for name in artifact.sealed_files(unpacked.folder) if name not in files]
    if unlisted:
        raise ArtifactError(f"{where} does not list {', '.join(unlisted)} among its files")
    return files


def _names(folder: Path) -> Iterator[str]:
    """Paths of the files, with slashes, except Python's code caches: inference.py prevents their use."""
    for place, folders, names in os.walk(folder):
        inside = Path(place).relative_to(folder)
        if inside.parts[:1] == (artifact.CODE_FOLDER,) and PYCACHE in folders:
            folders.remove(PYCACHE)
        for name in [*names, *(each for each in folders if Path(place, each).is_symlink())]:
            if Path(place, name).is_symlink() or not Path(place, name).is_file():
                raise ArtifactError(f"{folder}: {(inside / name).as_posix()} is not a regular file")
            yield (inside / name).as_posix()


def sha256(path: Path) -> str:
    """A file's SHA-256, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
