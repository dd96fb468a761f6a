"""Bringing a job's answers to where they were asked for."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.batch import places
from ops.batch.places import File, Place, Source
from ops.errors import USAGE, OpsError

FAILED = "failed.jsonl"


@dataclass(frozen=True)
class Destination:
    """Where answers go: a folder in S3, a folder here, or (`is_file`) one file here."""

    at: Place | Path
    is_file: bool = False

    def of(self, name: str) -> Place | Path:
        """Where the answers of the texts' file `name` go."""
        return self.at if self.is_file else _below(self.at, f"{name}.out")

    @property
    def failed(self) -> Place | Path:
        """Where the lines that were not answered go."""
        if self.is_file and isinstance(self.at, Path):
            return self.at.with_name(f"{self.at.stem}.{FAILED}")
        return _below(self.at, FAILED)


def destination(text: str, source: Source) -> Destination:
    """What the command line's OUT means; OpsError where answers and texts would mix."""
    if places.is_s3(text):
        place = places.folder(text)
        if isinstance(source.at, Place) and source.at.holds(place):
            raise OpsError(f"{place.uri} lies in {source.at.uri}: choose another folder for the answers", status=USAGE)
        return Destination(place)
    path = Path(text)
    if path.is_dir() or text.endswith("/"):
        return Destination(path)
    if len(source.files) > 1:
        raise OpsError(f"There are {len(source.files)} files to answer: give a folder, such as {text}/", status=USAGE)
    if source.at == path or (path.exists() and isinstance(source.at, Path) and path.samefile(source.at)):
        raise OpsError(f"{text} holds the texts: choose another file for the answers", status=USAGE)
    return Destination(path, is_file=True)


def fetch(s3: Any, source: Source, output: Place, to: Destination) -> dict[str, File]:
    """The answers by the texts' file names, at their destination; a file that the job left out is absent."""
    written = dict(places.objects(s3, output))
    found = {}
    for name in (file.name for file in source.files):
        made = output.below(f"{name}.out")
        if made in written:
            found[name] = File(f"{name}.out", written[made], _bring(s3, made, to.of(name)))
    return found


def put_failed(s3: Any, file: Path, to: Destination) -> str:
    """Bring the list of lines that were not answered to its place; its name for people."""
    target = to.failed
    if isinstance(target, Place):
        s3.upload_file(str(file), target.bucket, target.key)
        return target.uri
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)
    return str(target)


def _bring(s3: Any, made: Place, target: Place | Path) -> Place | Path:
    if isinstance(target, Path):
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(made.bucket, made.key, str(target))
    elif target != made:
        s3.copy({"Bucket": made.bucket, "Key": made.key}, target.bucket, target.key)
    return target


def _below(at: Place | Path, name: str) -> Place | Path:
    return at / name if isinstance(at, Path) else at.below(name)
