"""A training run that folds the ledger in its job: what the job is asked, and what comes of it. No I/O.

The pipeline's first step writes the ledger's events and a request under `FOLDS` in the dataset bucket, a channel of the
job. The job makes the rows of the next version and its manifest, trains on them, and puts both into its output; the
gate stores them as a version (`contracts.datasets.manifest`).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypedDict

# The pipeline's input: `{"fold_ledger": true}`, and the name of the decision to retrain that led to the run.
FOLD_LEDGER, DECISION = "fold_ledger", "decision"

# In the dataset bucket; the folder below has the job's name.
FOLDS = "datasets/folds/"
EVENTS_FILE, REQUEST_FILE = "events.jsonl", "request.json"

# The channel with both files, and the hyperparameter with the request's digest.
CHANNEL, DIGEST = "fold", "fold_sha256"

# With these words a job says that it has nothing to train on; the pipeline looks for them.
NOTHING_NEW = "Nothing new to train on"

LAYOUT = 1
# What the gate, a function, can hold of a version's rows: those of some million headlines.
MOST_BYTES = 256 * 1024 * 1024


class Next(TypedDict):
    """The version that the run will make. parent: the newest version, None before the first; created: UTC."""

    version: str
    parent: str | None
    created: str


class Request(Next):
    """What the job is asked.

    parent_sha256: of the parent's rows; "" before the first version, which is made of the environment's dataset.
    events_sha256: of the file of events, which has neither tombstones nor events of rows that one keeps out. gone: ids
    of the parent's rows that a tombstone keeps out; erased: how many rows of the ledger one does. key_share: the
    largest share of the new rows from one untrusted key.
    """

    layout: int
    parent_sha256: str
    events_sha256: str
    gone: list[str]
    erased: int
    key_share: float


class FoldError(ValueError):
    """A request that this Rubric does not understand; the message is a sentence."""


def key_of(job_name: str, digest: str, file: str) -> str:
    """The key of one of a run's files; with the file "" that of its folder, which is the channel.

    digest: of the request. A preparation that is repeated, and finds newer events, has a folder of its own.
    """
    return f"{FOLDS}{job_name}/{digest}/{file}"


def to_json(request: Request) -> bytes:
    """The request's bytes."""
    return json.dumps(request, ensure_ascii=False, sort_keys=True).encode()


def digest(content: bytes) -> str:
    """SHA-256 of a request's bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def read(content: bytes) -> Request:
    """The request in a file. Raises FoldError for one of another layout."""
    try:
        document: Any = json.loads(content)
    except ValueError:
        document = None
    layout = document.get("layout") if isinstance(document, dict) else None
    if layout != LAYOUT or set(document) != Request.__required_keys__:
        raise FoldError(f"the request to fold the ledger has the layout {layout!r}, not {LAYOUT}: deploy, then retrain")
    request: Request = document
    return request
