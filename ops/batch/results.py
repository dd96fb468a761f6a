"""Bringing a job's answers to their destination."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.batch import locations
from ops.batch.listing import ALL, Listing
from ops.batch.locations import File, Place, Source
from ops.errors import USAGE, OpsError
from ops.terminal import files

FAILED = "failed.jsonl"


@dataclass(frozen=True)
class Destination:
    """Where answers go: a folder in S3, a local folder, or (`is_file`) one local file."""

    at: Place | Path
    is_file: bool = False

    def of(self, name: str) -> Place | Path:
        """Where the answers for the input file `name` go."""
        return self.at if self.is_file else _below(self.at, f"{name}.out")

    @property
    def failed(self) -> Place | Path:
        """Where the list of unanswered lines goes."""
        if self.is_file and isinstance(self.at, Path):
            return self.at.with_name(f"{self.at.stem}.{FAILED}")
        return _below(self.at, FAILED)


def destination(text: str, source: Source) -> Destination:
    """The destination that OUT means. Raises OpsError if answers and texts would mix."""
    if locations.is_s3(text):
        place = locations.folder(text)
        if isinstance(source.at, Place) and source.at.holds(place):
            raise OpsError(
                f"{place.uri} is inside {source.at.uri}: choose another folder for the answers", status=USAGE
            )
        return Destination(place)
    path = Path(text)
    if path.is_dir() or text.endswith("/"):
        return Destination(path)
    if len(source.files) > 1:
        raise OpsError(f"There are {len(source.files)} input files: give a folder, such as {text}/", status=USAGE)
    if source.at == path or (path.exists() and isinstance(source.at, Path) and path.samefile(source.at)):
        raise OpsError(f"{text} is the input: choose another file for the answers", status=USAGE)
    return Destination(path, is_file=True)


def writer(s3: Any, source: Source, to: Destination, *, force: bool, goes_on: bool) -> files.Writer:
    """The writer of local answers. Looks at all of their places first, before a job is started.

    Raises OpsError for a name that leads out of the folder, or without consent to replace existing files. goes_on: the
    job was started earlier, so the files at its destination in S3 may be its own.
    """
    names = [file.name for file in source.files]
    wanted = [*(f"{name}.out" for name in names), FAILED]
    if isinstance(to.at, Place):
        if not (force or goes_on):
            _ask_in_s3(s3, to, [to.of(name) for name in names])
        return files.Writer([], force=force)
    if to.is_file:
        failed = to.failed
        assert isinstance(failed, Path)
        return files.Writer([to.at, failed], force=force)
    return files.Writer(files.below(to.at, wanted).values(), force=force, root=to.at)


def _ask_in_s3(s3: Any, to: Destination, answers: Sequence[Place | Path]) -> None:
    assert isinstance(to.at, Place)
    wanted = {*answers, to.failed}
    there = [place.uri for place, _ in locations.objects(s3, to.at) if place in wanted]
    files.may_replace(there, force=False)


def fetch(
    s3: Any, source: Source, output: Place, to: Destination, *, writer: files.Writer, of: Listing = ALL
) -> dict[str, File]:
    """Bring the answers to their destination; by input file. A file that the job left out is absent.

    of: what local answers list.
    """
    written = dict(locations.objects(s3, output))
    answers = {}
    for name in (file.name for file in source.files):
        made = output.below(f"{name}.out")
        if made in written:
            answers[name] = File(f"{name}.out", written[made], _bring(s3, made, to.of(name), writer, of))
    return answers


def put_failed(s3: Any, file: Path, to: Destination, *, writer: files.Writer) -> str:
    """Bring the list of unanswered lines to its place. Returns its name for people."""
    target = to.failed
    if isinstance(target, Place):
        s3.upload_file(str(file), target.bucket, target.key)
        return target.uri
    writer.bring(target, lambda part: shutil.copyfile(file, part))
    return str(target)


def _bring(s3: Any, made: Place, target: Place | Path, writer: files.Writer, of: Listing) -> Place | Path:
    if isinstance(target, Path):
        writer.bring(target, lambda part: _download(s3, made, part, of))
    elif target != made:
        s3.copy({"Bucket": made.bucket, "Key": made.key}, target.bucket, target.key)
    return target


def _download(s3: Any, made: Place, part: Path, of: Listing) -> None:
    if of == ALL:
        s3.download_file(made.bucket, made.key, str(part))
        return
    with closing(s3.get_object(Bucket=made.bucket, Key=made.key)["Body"]) as lines, part.open("wb") as to:
        to.writelines(of.line(line) for line in lines.iter_lines(keepends=True))


def _below(at: Place | Path, name: str) -> Place | Path:
    return at / name if isinstance(at, Path) else at.below(name)
