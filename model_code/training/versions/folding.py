"""Folds the ledger into the rows of the next dataset version."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.texts.label_mapping import LabelMapping
from model_code.training import progress
from model_code.training.data.dataset import MIN_ROWS_PER_LABEL
from model_code.training.errors import TrainingError
from model_code.training.settings import Hyperparameters
from model_code.training.versions import judge, rows, sources
from model_code.training.versions.judge import LEFT_OUT, QUARANTINED, STATES, WAITING, Judged, Pending, Shares
from model_code.training.versions.rows import VersionRow


@dataclass(frozen=True)
class Folding:
    """A version: its file's bytes, the rows of the ledger that are not in it, and what is said about it.

    told: what `contracts.datasets.manifest.following` needs.
    """

    content: bytes
    pending: list[Pending]
    told: dict[str, Any]


def fold(request: Mapping[str, Any]) -> Folding:
    """The next version. TrainingError with a remedy where there can be none.

    The request: ``parent`` or ``dataset`` (paths; with both, the dataset's rows join the parent's), ``events`` (a file
    of JSON lines), ``columns``, ``labels`` (of ``data.labels``), ``valid_fraction``, ``test_fraction``, ``seed``,
    ``key_share``, and what a tombstone keeps out: ``erased`` (keyed hashes) and ``erasure_key`` (hex), or ``gone`` (ids
    of rows) with ``erased_rows``, the number of those that are in none of the files.
    """
    shares = Shares(
        valid=request.get("valid_fraction") or Hyperparameters.valid_fraction,
        test=request.get("test_fraction") or Hyperparameters.test_fraction,
        seed=Hyperparameters.seed if request.get("seed") is None else request["seed"],
        of_a_key=request["key_share"],
    )
    labels = LabelMapping.of(request.get("labels") or {})
    progress.report("read", 0, 1)
    base, more = _base(request, labels, shares)
    folded, known, until = sources.of_ledger(Path(request["events"]), labels)
    progress.report("read", 1, 1, rows=len(base) + len(more), ledger=len(folded))
    erased, key = set(request.get("erased") or ()), bytes.fromhex(request.get("erasure_key") or "")
    gone = set(request.get("gone") or ())
    kept = sources.without_erased(base, erased, key, gone=gone)
    further = sources.without_erased(more, erased, key, gone=gone)
    given = sources.without_erased(folded, erased, key, gone=gone)
    progress.report("judge", 0, 1)
    judged = judge.judge(kept, given, known_events=known, shares=shares, more=further)
    judged.erased = len(base) + len(more) + len(folded) - len(kept) - len(further) - len(given)
    judged.erased += request.get("erased_rows") or 0
    progress.report("judge", 1, 1)
    _check(judged.rows)
    content = rows.to_csv(judged.rows)
    told = {
        **_described(judged, shares, events=len(known), until=until),
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
    }
    return Folding(content, judged.pending, told)


def _base(
    request: Mapping[str, Any], labels: LabelMapping, shares: Shares
) -> tuple[list[VersionRow], list[VersionRow]]:
    columns = sources.Columns(**request.get("columns") or {})
    parent, dataset = request.get("parent"), request.get("dataset")
    if parent:
        more = sources.more_of_dataset(Path(dataset), columns, labels) if dataset else []
        return sources.of_version(Path(parent), labels), more
    first = sources.of_dataset(
        Path(str(dataset)), columns, labels, valid=shares.valid, test=shares.test, seed=shares.seed
    )
    return first, []


def _check(found: Sequence[VersionRow]) -> None:
    having = Counter(row.label for row in found)
    rare = min((label for label in having if having[label] < MIN_ROWS_PER_LABEL), default=None)
    if rare is not None:
        raise TrainingError(
            f"label {rare!r} would have {having[rare]} rows, and a model needs {MIN_ROWS_PER_LABEL} of each: review "
            "more rows with this label, or give them another one"
        )
    lacking = sorted(set(having) - {row.label for row in found if row.part == "train"})
    if lacking:
        raise TrainingError(
            f"label {lacking[0]!r} would have no row to train on: the groups of near duplicates that have it are in "
            "the validation and test parts; add more distinct texts of this label"
        )


def _described(judged: Judged, shares: Shares, *, events: int, until: str) -> dict[str, Any]:
    origins, parts = sources.counts(judged.rows)
    reasons = {state: Counter(each.reason for each in judged.pending if each.state == state) for state in STATES}
    erased = {"erased": judged.erased} if judged.erased else {}
    return {
        "rows": len(judged.rows),
        "counts": origins,
        "parts": parts,
        "new": judged.new,
        "relabelled": judged.relabelled,
        "removed": judged.removed,
        "waiting": reasons[WAITING],
        "quarantined": reasons[QUARANTINED],
        "left_out": {**reasons[LEFT_OUT], **erased},
        "events": events,
        "until": until,
        "seed": shares.seed,
        "valid_fraction": shares.valid,
        "test_fraction": shares.test,
    }
