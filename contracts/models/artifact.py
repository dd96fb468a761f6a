"""The model artifact, which a training job produces and a model server loads.

An artifact is a folder (packed by SageMaker as ``model.tar.gz``) with the files named below. Training
writes it; both serving containers and the tests read it.
"""

from __future__ import annotations

import json
import posixpath
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.deployment import buckets

MODEL_FILE = "model.onnx"
ENCODER_FILE = "encoder.npz"  # the same model for processors with AMX, if its architecture and accuracy allow it
LINEAR_FILE = "linear.npz"  # the linear model, if it serves, alone or together with the encoder
TOKENIZER_FILE = "tokenizer.json"
LABELS_FILE = "labels.json"
METADATA_FILE = "metadata.json"
EVALUATION_FILE = buckets.EVALUATION_FILE
BASELINE_FILE = buckets.BASELINE_FILE
REPORT_FILE = buckets.REPORT_FILE
SEEN_WORDS_FILE = "seen_words.npy"  # hashes of the words of the training and validation texts
REFERENCE_FILE = "reference.json"  # texts with the answers that a server must give before it serves the model
CODE_FOLDER = "code"
ARCHIVE_FILE = buckets.MODEL_FILE

REQUIRED_FILES = (LABELS_FILE, METADATA_FILE)
ENCODER_FILES = (MODEL_FILE, TOKENIZER_FILE)  # both, unless there is a linear model alone
_OUTSIDE = ".."  # never a path inside the archive


class ArtifactError(Exception):
    """The folder is not a usable model artifact; the message says which file and why."""


@dataclass(frozen=True)
class Artifact:
    """A model artifact that has been checked: every required file is there and readable."""

    folder: Path
    labels: tuple[str, ...]
    metadata: dict[str, Any]

    @property
    def model_path(self) -> Path:
        """The ONNX graph."""
        return self.folder / MODEL_FILE

    @property
    def encoder_path(self) -> Path | None:
        """The weights for our own kernels; None in an artifact that has none."""
        path = self.folder / ENCODER_FILE
        return path if path.is_file() else None

    @property
    def has_encoder(self) -> bool:
        """Whether there is an encoder; False if a linear model serves alone."""
        return (self.folder / MODEL_FILE).is_file()

    @property
    def linear_path(self) -> Path | None:
        """The linear model; None in an artifact that has none."""
        path = self.folder / LINEAR_FILE
        return path if path.is_file() else None

    @property
    def tokenizer_path(self) -> Path:
        """The tokenizer, with its truncation and padding settings."""
        return self.folder / TOKENIZER_FILE

    @property
    def model_version(self) -> str:
        """The name of the training job that made the model."""
        return str(self.metadata["model_version"])


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as readable UTF-8 JSON with a final newline."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file of an artifact; ArtifactError when it is missing or not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtifactError(f"{path} is missing") from error
    except ValueError as error:
        raise ArtifactError(f"{path} is not valid JSON: {error}") from error


def read(folder: Path) -> Artifact:
    """Check the artifact in ``folder`` and return it; ArtifactError names the first thing that is wrong."""
    missing = [name for name in (*_model_files(folder), *REQUIRED_FILES) if not (folder / name).is_file()]
    if missing:
        raise ArtifactError(f"{folder} is not a model artifact: {', '.join(missing)} missing")
    labels = read_json(folder / LABELS_FILE)
    if not isinstance(labels, list) or not all(isinstance(name, str) and name for name in labels):
        raise ArtifactError(f"{folder / LABELS_FILE} must be a list of label names")
    if len(labels) < 2 or len(set(labels)) != len(labels):
        raise ArtifactError(f"{folder / LABELS_FILE} must name at least two labels, each once")
    metadata = read_json(folder / METADATA_FILE)
    if not isinstance(metadata, dict) or not metadata.get("model_version"):
        raise ArtifactError(f"{folder / METADATA_FILE} must be an object with a model_version")
    return Artifact(folder=folder, labels=tuple(labels), metadata=metadata)


def sealed_files(folder: Path) -> tuple[str, ...]:
    """Files of the artifact in ``folder`` of which metadata.json has at least the digests."""
    return (*_model_files(folder), LABELS_FILE, REFERENCE_FILE)


def _model_files(folder: Path) -> tuple[str, ...]:
    if not (folder / LINEAR_FILE).is_file():
        return ENCODER_FILES
    blend = any((folder / name).is_file() for name in (*ENCODER_FILES, ENCODER_FILE))
    return (*ENCODER_FILES, LINEAR_FILE) if blend else (LINEAR_FILE,)


def unpack(archive: Path, folder: Path) -> Artifact:
    """Extract a ``model.tar.gz`` into ``folder`` (created) and check it."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive) as tar:
            extract(tar, folder)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ArtifactError(f"{archive} cannot be unpacked: {error}") from error
    return read(folder)


def extract(tar: tarfile.TarFile, folder: Path) -> None:
    """Extract everything; TarError for members that would leave ``folder`` or that lead through a link."""
    check_members(tar)
    if hasattr(tarfile, "data_filter"):
        tar.extractall(folder, filter="data")
        return
    for member in tar.getmembers():  # Python 3.11.0 to 3.11.3 have no filters
        inside = (folder / member.name).resolve().is_relative_to(folder.resolve())
        if not inside or not (member.isfile() or member.isdir()):
            raise tarfile.TarError(f"{member.name!r} is not a plain file inside the archive")
    tar.extractall(folder)


def check_members(tar: tarfile.TarFile) -> None:
    """Raise TarError for a name that leads out of the archive, directly or by its links; needs no filters of Python's.

    Names and links are checked as written, and no path may pass through a link, not even one within the archive.
    """
    members = tar.getmembers()
    links = {_prefixes(member.name)[-1].casefold() for member in members if member.issym()}
    for member in members:
        paths = _prefixes(member.name)[:-1] if member.issym() else _prefixes(member.name)
        if member.issym():
            paths += _prefixes(posixpath.join(posixpath.dirname(member.name), member.linkname))
        if member.islnk():
            paths += _prefixes(member.linkname)
        if _OUTSIDE in paths:
            raise tarfile.TarError(f"{member.name!r} leads out of the archive")
        if links.intersection(path.casefold() for path in paths):
            raise tarfile.TarError(f"{member.name!r} leads through a link of the archive")


def _prefixes(name: str) -> list[str]:
    """The paths that a name passes through, ending with its own; _OUTSIDE among them if it leaves the archive."""
    if name.startswith("/"):
        return [_OUTSIDE]
    parts: list[str] = []
    paths: list[str] = []
    for part in name.split("/"):
        if part == ".." and not parts:
            paths.append(_OUTSIDE)
        elif part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
        paths.append("/".join(parts))
    return paths
