"""The checkpoints that training can resume from: complete ones of the same model, data and hyperparameters."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_code.training.errors import TrainingError

MARKER = "complete.json"  # written last: the checkpoint's files with their digests, and what it belongs to
STATE = "trainer_state.json"
OPTIMIZER = "optimizer.pt"
SECOND_TRY = "again"  # the folder of its checkpoints, in the job's
_FOLDER = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True)
class Checkpoint:
    """A complete checkpoint: its folder, optimiser step, files, and what it belongs to."""

    folder: Path
    step: int
    files: frozenset[str]
    belongs_to: Mapping[str, Any]

    @property
    def resumable(self) -> bool:
        """Whether training can resume from it; others hold only the weights of the best epoch."""
        return OPTIMIZER in self.files

    @property
    def best_step(self) -> int | None:
        """The step of the best model so far, which has a checkpoint of its own."""
        state: dict[str, Any] = json.loads((self.folder / STATE).read_text(encoding="utf-8"))
        return state.get("best_global_step")


def folder_of(root: Path, step: int) -> Path:
    """Where Trainer keeps the checkpoint of a step."""
    return root / f"checkpoint-{step}"


def mark(folder: Path, *, belongs_to: Mapping[str, Any]) -> None:
    """Mark a checkpoint as complete; any without this mark is skipped."""
    files = {path.name: _digest(path) for path in sorted(folder.iterdir()) if path.is_file() and path.name != MARKER}
    content = {"belongs_to": dict(belongs_to), "files": files}
    partial = folder / f"{MARKER}.partial"
    partial.write_text(json.dumps(content, indent=1), encoding="utf-8")
    partial.replace(folder / MARKER)


def usable(root: Path) -> list[Checkpoint]:
    """Checkpoints to resume from, newest first: complete ones whose best model so far is complete too.

    A job that was killed may leave one half-written or half-uploaded to S3: the log names each.
    """
    read = {step: _read(folder, step) for step, folder in _folders(root).items()}
    complete = {step: checkpoint for step, checkpoint in read.items() if checkpoint is not None}
    chosen = []
    for step in sorted(read, reverse=True):
        checkpoint = complete.get(step)
        if checkpoint is None:
            print(f"skipped {folder_of(root, step).name}: it was not completely written", flush=True)
        elif checkpoint.resumable:
            best = checkpoint.best_step
            if best is None or best in complete:
                chosen.append(checkpoint)
            else:
                print(
                    f"skipped {checkpoint.folder.name}: the best model so far, of step {best}, is missing", flush=True
                )
    return chosen


def thin_out(root: Path, *, resumable: int | None, best: int | None) -> None:
    """Remove all checkpoints but the best, the ``resumable`` one, and the one that was best when that was saved."""
    keep = {resumable, best}
    if resumable is not None and (checkpoint := _read(folder_of(root, resumable), resumable)):
        keep.add(checkpoint.best_step)
    for step, folder in _folders(root).items():
        if step not in keep:
            shutil.rmtree(folder, ignore_errors=True)


def check(checkpoint: Checkpoint, belongs_to: Mapping[str, Any]) -> None:
    """TrainingError, naming what differs, when a checkpoint does not belong to this training."""
    expected = json.loads(json.dumps(belongs_to))
    names = sorted(set(expected) | set(checkpoint.belongs_to))
    differing = [name for name in names if expected.get(name) != checkpoint.belongs_to.get(name)]
    if not differing:
        return
    differences = "; ".join(
        f"{name} is {_short(checkpoint.belongs_to.get(name))} there and {_short(expected.get(name))} here"
        for name in differing
    )
    raise TrainingError(
        f"{checkpoint.folder} is a checkpoint of another model ({differences}); "
        "empty the job's checkpoint location or choose another, or use the settings and data of the checkpoint"
    )


def clean(root: Path) -> None:
    """Remove the checkpoints, which nothing needs once the model is packed."""
    for folder in _folders(root).values():
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(root / SECOND_TRY, ignore_errors=True)


def _folders(root: Path) -> dict[int, Path]:
    if not root.is_dir():
        return {}
    names = ((path, _FOLDER.fullmatch(path.name)) for path in root.iterdir() if path.is_dir())
    return {int(name[1]): path for path, name in names if name}


def _read(folder: Path, step: int) -> Checkpoint | None:
    try:
        content = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        if any(_digest(folder / name) != digest for name, digest in content["files"].items()):
            return None
        return Checkpoint(folder, step, frozenset(content["files"]), content["belongs_to"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _digest(path: Path) -> list[Any]:
    with path.open("rb") as file:
        return [os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest()]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
