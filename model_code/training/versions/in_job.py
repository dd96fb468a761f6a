"""A job that folds the ledger: the next dataset version, which it makes first, is the dataset that it trains on."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from contracts.datasets import fold, manifest
from contracts.datasets.fold import Request
from model_code.training import progress
from model_code.training.data import label_mapping
from model_code.training.errors import TrainingError
from model_code.training.folders import Folders
from model_code.training.settings import Hyperparameters
from model_code.training.versions import folding

# How the files of a dataset are read: a version has columns of its own, and `data.labels` is applied in it already.
_AS_A_VERSION = {"text_column": "", "label_column": "", "encoding": "", "time_format": "auto", "labels_sha256": ""}


def folded(settings: Hyperparameters, folders: Folders, *, work: Path) -> tuple[Hyperparameters, Folders]:
    """The settings and folders of a job on the version, which is made below ``work``; unchanged if nothing is folded.

    All hosts of a job make the same bytes. TrainingError if the version would be its parent, or the channels have other
    files than the request says.
    """
    if not settings.fold_sha256:
        return settings, folders
    request = _request(settings, folders.fold)
    progress.report("fold", 0, 1, version=request["version"])
    done = folding.fold(_asked(request, settings, folders))
    told = done.told
    if told["sha256"] == request["parent_sha256"]:
        waiting = sum(told["waiting"].values()) + sum(told["quarantined"].values())
        wait = f" ({waiting:,} waiting for a review: `rubric data review`)" if waiting else ""
        raise TrainingError(
            f"{fold.NOTHING_NEW}: no label that came in since changes {request['parent']}{wait}; "
            f"`rubric train --dataset {request['parent']}` trains on it again"
        )
    if told["bytes"] > fold.MOST_BYTES:
        raise TrainingError(
            f"{request['version']} would have {told['bytes']:,} bytes, and a run can store {fold.MOST_BYTES:,}: "
            "`rubric data freeze` makes it on your machine, `rubric train --dataset latest` trains on it"
        )
    document = manifest.following(
        told,
        version=request["version"],
        parent=request["parent"],
        created=request["created"],
        labels_sha256=settings.labels_sha256,
    )
    written = manifest.to_json(document)
    dataset, channel = work / "dataset", work / manifest.CHANNEL
    for folder, name, content in (
        (dataset, manifest.ROWS_FILE, done.content),
        (channel, manifest.MANIFEST_FILE, written),
    ):
        folder.mkdir()
        (folder / name).write_bytes(content)
    progress.report("fold", 1, 1, **{name: told[name] for name in ("rows", "new", "relabelled", "removed")})
    named = {"dataset_version": request["version"], "manifest_sha256": manifest.digest(written)}
    return (
        replace(settings, **_AS_A_VERSION, **named),  # type: ignore[arg-type]
        replace(folders, dataset=dataset, manifest=channel, labels=None),
    )


def deliver(settings: Hyperparameters, folders: Folders) -> None:
    """Put a version that this job made into its output, where the gate takes it from."""
    if settings.fold_sha256 and folders.manifest:
        shutil.copyfile(folders.dataset / manifest.ROWS_FILE, folders.output / manifest.ROWS_FILE)
        shutil.copyfile(folders.manifest / manifest.MANIFEST_FILE, folders.output / manifest.MANIFEST_FILE)


def _request(settings: Hyperparameters, channel: Path | None) -> Request:
    content = _content(channel, fold.REQUEST_FILE)
    if hashlib.sha256(content).hexdigest() != settings.fold_sha256:
        raise TrainingError("the job's channel fold does not have the request of this run: train again")
    try:
        request = fold.read(content)
    except fold.FoldError as error:
        raise TrainingError(str(error)) from error
    if hashlib.sha256(_content(channel, fold.EVENTS_FILE)).hexdigest() != request["events_sha256"]:
        raise TrainingError("the events of the ledger are not those that this run was started with: train again")
    return request


def _asked(request: Request, settings: Hyperparameters, folders: Folders) -> dict[str, Any]:
    """What ``folding.fold`` needs."""
    asked: dict[str, Any] = {
        "events": str((folders.fold or Path()) / fold.EVENTS_FILE),
        "labels": label_mapping.read(folders.labels, sha256=settings.labels_sha256).document(),
        "valid_fraction": settings.valid_fraction,
        "test_fraction": settings.test_fraction,
        "seed": settings.seed,
        "key_share": request["key_share"],
        "gone": request["gone"],
        "erased_rows": request["erased"],
    }
    if request["parent"] is None:
        names = ("text_column", "label_column", "encoding", "time_format")
        columns = {name: getattr(settings, name) for name in names}
        return {**asked, "dataset": str(folders.dataset), "columns": columns}
    if hashlib.sha256(_content(folders.dataset, manifest.ROWS_FILE)).hexdigest() != request["parent_sha256"]:
        raise TrainingError(
            f"the rows in the job's channel are not those of dataset version {request['parent']}: somebody changed "
            "them; freeze a new version"
        )
    return {**asked, "parent": str(folders.dataset / manifest.ROWS_FILE)}


def _content(channel: Path | None, name: str) -> bytes:
    file = channel / name if channel else None
    return file.read_bytes() if file and file.is_file() else b""
