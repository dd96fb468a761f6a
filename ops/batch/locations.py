"""Where input texts are and where answers go: local files and S3 objects, read as streams of lines."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from ops.errors import NOT_FOUND, USAGE, OpsError

BUFFER = 1 << 20
CONTENT_TYPES = {".jsonl": "application/jsonlines", ".jsonlines": "application/jsonlines", ".csv": "text/csv"}
NAMES = {"jsonlines": "application/jsonlines", "csv": "text/csv"}


@dataclass(frozen=True)
class Place:
    """An S3 object, or everything below a prefix that is empty or ends with `/`."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return self.uri

    @property
    def uri(self) -> str:
        """`s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def parent(self) -> Place:
        """The folder itself, or the folder that contains the object."""
        return Place(self.bucket, self.key[: self.key.rfind("/") + 1])

    def below(self, name: str) -> Place:
        """The place with that name in this folder."""
        return Place(self.bucket, f"{self.key}{name}")

    def holds(self, other: Place) -> bool:
        """Whether `other` is this place or is inside it."""
        return self.bucket == other.bucket and other.key.startswith(self.key)


@dataclass(frozen=True)
class File:
    """A file of texts, at a place or a local path. `name`: its path relative to the source; `size`: in bytes."""

    name: str
    size: int
    at: Place | Path

    @contextlib.contextmanager
    def open(self, s3: Any) -> Iterator[BinaryIO]:
        """Open it as a stream of bytes that iterates over lines."""
        if isinstance(self.at, Path):
            with self.at.open("rb", buffering=BUFFER) as file:
                yield file
            return
        with stream(s3, self.at) as file:
            yield file


@dataclass(frozen=True)
class Source:
    """The input files and where they are. `is_alone`: no other object's key starts with this one's."""

    files: list[File]
    at: Place | Path
    is_alone: bool = True


@contextlib.contextmanager
def stream(s3: Any, place: Place) -> Iterator[BinaryIO]:
    """Open an object as a stream of bytes that iterates over lines."""
    body = s3.get_object(Bucket=place.bucket, Key=place.key)["Body"]
    with contextlib.closing(body):
        yield cast(BinaryIO, io.BufferedReader(body, BUFFER))


def is_s3(text: str) -> bool:
    """Whether a command-line argument is an S3 URI."""
    return text.startswith("s3://")


def parse(uri: str) -> Place:
    """The place of an `s3://` URI; OpsError without a bucket."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not bucket:
        raise OpsError(f"{uri!r} has no bucket: use s3://bucket/key or s3://bucket/folder/", status=USAGE)
    return Place(bucket, key)


def folder(uri: str) -> Place:
    """The same, as a folder."""
    place = parse(uri)
    return place if not place.key or place.key.endswith("/") else Place(place.bucket, f"{place.key}/")


def find(s3: Any, source: str) -> Source:
    """The files at `source`: a local file, an S3 object, or everything below an S3 folder.

    Raises OpsError if there is nothing, or a file is empty.
    """
    files = _in_s3(s3, source) if is_s3(source) else _here(source)
    if not files.files:
        raise OpsError(f"There is nothing at {source}", status=NOT_FOUND)
    if empty := [file.name for file in files.files if not file.size]:
        raise OpsError(f"{empty[0]} is empty: it has no texts to classify")
    return files


def _here(source: str) -> Source:
    path = Path(source)
    if not path.is_file():
        raise OpsError(f"There is no file {source}: give a local file or an s3:// location", status=NOT_FOUND)
    return Source([File(path.name, path.stat().st_size, path)], path)


def _in_s3(s3: Any, source: str) -> Source:
    place = parse(source)
    listed = [(item, size) for item, size in objects(s3, place) if not item.key.endswith("/")]
    exact = [File(item.key.rpartition("/")[2], size, item) for item, size in listed if item == place]
    if exact:
        return Source(exact, place, is_alone=len(listed) == 1)
    at = folder(source)
    return Source([File(item.key.removeprefix(at.key), size, item) for item, size in listed if at.holds(item)], at)


def objects(s3: Any, place: Place) -> Iterator[tuple[Place, int]]:
    """Every object whose key starts with the place's key, with its size in bytes."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.key):
        for item in page.get("Contents", []):
            yield Place(place.bucket, item["Key"]), int(item["Size"])


def content_type(files: list[File], requested: str | None) -> str:
    """The content type of all files: the requested one (`jsonlines`, `csv`), else from their suffixes."""
    if requested is not None:
        if requested not in NAMES:
            raise OpsError(f"--content-type {requested!r}: must be one of {', '.join(NAMES)}", status=USAGE)
        return NAMES[requested]
    by_type = {CONTENT_TYPES.get(Path(file.name).suffix.lower(), ""): file.name for file in files}
    if "" in by_type:
        raise OpsError(
            f"{by_type['']} is neither .jsonl nor .csv by its name: say what it is with --content-type, or, if it is a "
            "table, which column has the texts with --text-column",
            status=USAGE,
        )
    if len(by_type) > 1:
        raise OpsError(
            f"{' and '.join(by_type.values())} are of different kinds, and a job takes one: run one for each folder",
            status=USAGE,
        )
    return next(iter(by_type))
