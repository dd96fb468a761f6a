"""Folds the ledger into the rows of the next dataset version.

``python model_code/training/freeze.py request.json --folder out``. It exits with 0 when the folder has ``rows.csv``
(the version's file), ``pending.jsonl`` (rows of the ledger that are not in it, and why) and ``folded.json`` (counts),
or with 1 and one sentence on standard error.

The request: ``parent`` or ``dataset`` (paths; with both, the dataset's rows join the parent's), ``events`` (a file of
JSON lines), ``columns``, ``labels`` (of ``data.labels``), ``valid_fraction``, ``test_fraction``, ``seed``,
``key_share``, ``erased`` (keyed hashes) and ``erasure_key`` (hex).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a file: replace its own folder with the one that holds model_code
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from contracts.datasets import manifest
from contracts.texts.label_mapping import LabelMapping
from model_code.training import progress
from model_code.training.data.dataset import MIN_ROWS_PER_LABEL
from model_code.training.errors import TrainingError
from model_code.training.settings import Hyperparameters
from model_code.training.versions import judge, rows, sources
from model_code.training.versions.judge import LEFT_OUT, QUARANTINED, STATES, WAITING, Judged, Pending, Shares
from model_code.training.versions.rows import VersionRow

FOLDED_FILE, PENDING_FILE = "folded.json", "pending.jsonl"


def freeze(request: Mapping[str, Any]) -> tuple[Judged, dict[str, Any]]:
    """The rows of the next version, and what is said about it. TrainingError with a remedy where there can be none."""
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
    kept, further, given = (sources.without_erased(each, erased, key) for each in (base, more, folded))
    progress.report("judge", 0, 1)
    judged = judge.judge(kept, given, known_events=known, shares=shares, more=further)
    judged.erased = len(base) + len(more) + len(folded) - len(kept) - len(further) - len(given)
    progress.report("judge", 1, 1)
    _check(judged.rows)
    return judged, _described(judged, shares, events=len(known), until=until)


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


def _pending(each: Pending) -> dict[str, Any]:
    return {
        "row_id": each.folded.row_id,
        "state": each.state,
        "reason": each.reason,
        "label": each.folded.label,
        "base": each.base,
        "text": each.folded.text,
        "source": each.folded.source,
        "time": each.folded.time,
        "key_id": each.folded.sole_key,
        "votes": each.folded.votes,
    }


def main(arguments: Sequence[str]) -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("request", type=Path)
    parser.add_argument("--folder", type=Path, required=True, help="write the three files here")
    options = parser.parse_args(arguments)
    try:
        judged, described = freeze(json.loads(options.request.read_text(encoding="utf-8")))
    except TrainingError as error:
        print(error, file=sys.stderr)
        return 1
    content = rows.to_csv(judged.rows)
    described["sha256"], described["bytes"] = hashlib.sha256(content).hexdigest(), len(content)
    (options.folder / manifest.ROWS_FILE).write_bytes(content)
    pending = sorted(judged.pending, key=lambda each: (STATES.index(each.state), each.reason, each.folded.row_id))
    with (options.folder / PENDING_FILE).open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(_pending(each), ensure_ascii=False) + "\n" for each in pending)
    (options.folder / FOLDED_FILE).write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
