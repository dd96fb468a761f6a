"""Where texts to answer are and where answers go: files here and objects in S3, read as streams of lines."""

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
    """An S3 object, or what is below a prefix that is empty or ends with `/`."""

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
        """The folder that it is, or that it lies in."""
        return Place(self.bucket, self.key[: self.key.rfind("/") + 1])

    def below(self, name: str) -> Place:
        """The place of that name in this folder."""
        return Place(self.bucket, f"{self.key}{name}")

    def holds(self, other: Place) -> bool:
        """Whether `other` is this place or lies in it."""
        return self.bucket == other.bucket and other.key.startswith(self.key)


@dataclass(frozen=True)
class File:
    """A file of texts. `name` is its path below what was asked for, `size` is in bytes; it is at a place or a path."""

    name: str
    size: int
    at: Place | Path

    @contextlib.contextmanager
    def open(self, s3: Any) -> Iterator[BinaryIO]:
        """Its bytes as a stream whose iteration gives lines."""
        if isinstance(self.at, Path):
            with self.at.open("rb", buffering=BUFFER) as file:
                yield file
            return
        with stream(s3, self.at) as file:
            yield file


@dataclass(frozen=True)
class Source:
    """The files to answer and where they are. `is_alone`: no other object's key begins with this one's."""

    files: list[File]
    at: Place | Path
    is_alone: bool = True


@contextlib.contextmanager
def stream(s3: Any, place: Place) -> Iterator[BinaryIO]:
    """An object's bytes as a stream whose iteration gives lines."""
    body = s3.get_object(Bucket=place.bucket, Key=place.key)["Body"]
    with contextlib.closing(body):
        yield cast(BinaryIO, io.BufferedReader(body, BUFFER))


def is_s3(text: str) -> bool:
    """Whether a text of the command line means S3."""
    return text.startswith("s3://")


def parse(uri: str) -> Place:
    """The place of an `s3://` URI; OpsError without a bucket."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not bucket:
        raise OpsError(f"{uri!r} names no bucket: give s3://bucket/key or s3://bucket/folder/", status=USAGE)
    return Place(bucket, key)


def folder(uri: str) -> Place:
    """The same, as a folder."""
    place = parse(uri)
    return place if not place.key or place.key.endswith("/") else Place(place.bucket, f"{place.key}/")


def find(s3: Any, source: str) -> Source:
    """What is at `source`: a file here, an S3 object, or an S3 folder with all that is below it.

    OpsError where there is nothing, or an empty file.
    """
    found = _in_s3(s3, source) if is_s3(source) else _here(source)
    if not found.files:
        raise OpsError(f"There is nothing at {source}", status=NOT_FOUND)
    if empty := [file.name for file in found.files if not file.size]:
        raise OpsError(f"{empty[0]} is empty: there is nothing to answer in it")
    return found


def _here(source: str) -> Source:
    path = Path(source)
    if not path.is_file():
        raise OpsError(f"There is no file {source}: give a file here or an s3:// location", status=NOT_FOUND)
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
    """Every object whose key begins with the place's, with its size in bytes."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.key):
        for item in page.get("Contents", []):
            yield Place(place.bucket, item["Key"]), int(item["Size"])


def content_type(files: list[File], asked: str | None) -> str:
    """The one content type of all files: as asked (`jsonlines`, `csv`), else by their suffixes."""
    if asked is not None:
        if asked not in NAMES:
            raise OpsError(f"--content-type {asked!r}: give one of {', '.join(NAMES)}", status=USAGE)
        return NAMES[asked]
    found = {CONTENT_TYPES.get(Path(file.name).suffix.lower(), ""): file.name for file in files}
    if "" in found:
        raise OpsError(
            f"{found['']} is neither .jsonl nor .csv by its name: say what it is with --content-type", status=USAGE
        )
    if len(found) > 1:
        raise OpsError(
            f"{' and '.join(found.values())} are of different kinds, and a job takes one: run one for each folder",
            status=USAGE,
        )
    return next(iter(found))
