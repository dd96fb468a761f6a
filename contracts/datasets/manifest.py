"""A dataset version: one file of rows and a manifest, in the dataset bucket. No I/O.

The file is stored under its own digest first, the manifest last and only if there is none of its name: a freeze that
is killed leaves no version, and of two at once one wins.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Literal, TypedDict

LAYOUT = 1

# In the dataset bucket. A training job gets every object whose key begins with a channel's: each is in its own folder.
VERSIONS = "datasets/versions/"
FILES = "datasets/rows/"
ROWS_FILE, MANIFEST_FILE = "rows.csv", "manifest.json"

# The hyperparameters with the version's name and its manifest's digest, and the channel with the manifest.
VERSION, DIGEST, CHANNEL = "dataset_version", "manifest_sha256", "manifest"

# The file's columns. story, publisher, time: as in the dataset that a row came from. origin: ORIGIN_DATASET, or the
# source of the event that gave the label, whose id and time follow.
COLUMNS = ("row_id", "text", "label", "part", "story", "publisher", "time", "origin", "event_id", "labelled_at")
ORIGIN_DATASET = "dataset"
PART_COLUMN = "part"
Part = Literal["train", "valid", "test"]
PARTS: tuple[Part, ...] = ("train", "valid", "test")

FREEZE, ERASURE = "freeze", "erasure"

_NAME = re.compile(r"v([1-9]\d{0,8})(?:\.([1-9]\d{0,8}))?", re.ASCII)
_URI = re.compile(rf"s3://[^/]+/{re.escape(VERSIONS)}([^/]+)/{re.escape(MANIFEST_FILE)}")


class File(TypedDict):
    """The rows: an object of the dataset bucket."""

    key: str
    sha256: str
    bytes: int
    rows: int


class Manifest(TypedDict):
    """A version. version: `v3`, or `v3.1` for what is left of v3 after an erasure.

    reason: FREEZE or ERASURE. counts: rows by origin and label; parts: by part and label. new, relabelled, removed:
    rows compared with the parent. waiting, quarantined, left_out: rows of the ledger that are not in it, by reason.
    events: how many were folded; until: the time of the newest. labels_sha256: of `data.labels`, which is applied.
    """

    layout: int
    version: str
    parent: str | None
    reason: str
    created: str
    file: File
    counts: dict[str, dict[str, int]]
    parts: dict[str, dict[str, int]]
    new: int
    relabelled: int
    removed: int
    waiting: dict[str, int]
    quarantined: dict[str, int]
    left_out: dict[str, int]
    events: int
    until: str
    seed: int
    valid_fraction: float
    test_fraction: float
    labels_sha256: str


class LayoutError(ValueError):
    """A manifest of another layout; the message says so in a sentence."""


def following(
    told: Mapping[str, Any], *, version: str, parent: str | None, created: str, labels_sha256: str
) -> Manifest:
    """The manifest of a version that was folded.

    told: what folding says of it: the manifest's own figures, and `sha256`, `bytes` and `rows` of the file.
    """
    figures = {name: value for name, value in told.items() if name not in ("sha256", "bytes", "rows")}
    sha256 = told["sha256"]
    return {
        **figures,  # type: ignore[typeddict-item]
        "layout": LAYOUT,
        "version": version,
        "parent": parent,
        "reason": FREEZE,
        "created": created,
        "file": {"key": file_key(sha256), "sha256": sha256, "bytes": told["bytes"], "rows": told["rows"]},
        "labels_sha256": labels_sha256,
    }


def after(newest: str | None) -> str:
    """The name of the version that a freeze makes. newest: the newest that there is."""
    return name((number(newest)[0] + 1 if newest else 1, 0))


def number(version: str) -> tuple[int, int]:
    """A version's place in the order of versions: (3, 1) for `v3.1`. Raises ValueError for another form."""
    match = _NAME.fullmatch(version)
    if match is None:
        raise ValueError(f"{version!r} is not a dataset version, such as v3")
    return int(match[1]), int(match[2] or 0)


def name(place: tuple[int, int]) -> str:
    """The version in this place."""
    return f"v{place[0]}.{place[1]}" if place[1] else f"v{place[0]}"


def key_of(version: str) -> str:
    """The key of a version's manifest."""
    return f"{VERSIONS}{version}/{MANIFEST_FILE}"


def file_key(sha256: str) -> str:
    """The key of a file of rows."""
    return f"{FILES}{sha256}/{ROWS_FILE}"


def version_in(uri: str) -> str:
    """The version whose manifest is at this address; "" for any other address."""
    match = _URI.fullmatch(uri)
    return match[1] if match and _NAME.fullmatch(match[1]) else ""


def to_json(manifest: Manifest) -> bytes:
    """The manifest's bytes, of which `digest` is the digest."""
    return (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def read(content: bytes) -> Manifest:
    """The manifest in a file. Raises LayoutError for one that this Rubric does not understand."""
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    layout = document.get("layout") if isinstance(document, dict) else None
    if layout != LAYOUT or set(document) != set(Manifest.__annotations__):
        raise LayoutError(
            f"the manifest has the layout {layout!r}, and this Rubric reads {LAYOUT}: use the Rubric that wrote it"
        )
    manifest: Manifest = document
    return manifest
