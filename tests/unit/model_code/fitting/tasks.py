"""A tiny task to fit, and a process that fits it, for the tests of training's interruptions and processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model_code.training.data.rows import Row
from model_code.training.fitting import checkpoints, encoder, fit
from model_code.training.fitting.loop import callbacks, token_batches
from model_code.training.fitting.processes import launch
from model_code.training.instances.cluster import Cluster
from model_code.training.settings import Hyperparameters
from tests.unit.model_code.conftest import ROOT

LABELS = ["Business", "Health", "Science"]

WORDS = {
    "Business": ["shares", "rates", "bank", "profit"],
    "Health": ["virus", "patients", "hospital", "vaccine"],
    "Science": ["planet", "probe", "telescope", "fossil"],
}

COMMON = ["new", "report", "says", "after", "first", "year", "more", "week"]

SETTINGS = Hyperparameters(
    checkpoint_seconds=0,
    epochs=3,
    batch_size=16,
    hidden_size=64,
    heads=2,
    vocab_size=200,
    learning_rate=0.005,
    patience=9,
    class_weights="balanced",
)


def rows(count: int, *, seed: int) -> list[Row]:
    """Headlines of 4 to 9 words, one or two of which reveal the label; Business twice as often as the others."""
    draw = np.random.default_rng(seed)
    made = []
    for line in range(count):
        label = LABELS[max(0, int(draw.integers(-1, 3)))]
        telling = list(draw.choice(WORDS[label], size=draw.integers(1, 3)))
        made.append(Row(" ".join([*draw.choice(COMMON, size=draw.integers(3, 8)), *telling]), label, line))
    return made


def task(folder: Path, *, dropout: float = 0.1, **changes: Any) -> launch.Task:
    """150 training rows (10 steps an epoch at 16, the last of 6 texts), 40 validation rows."""
    torch.set_num_threads(1)
    settings = Hyperparameters(**(SETTINGS.as_dict() | changes)).resolved(train_rows=150)
    train = rows(150, seed=1)
    fit.prepare(settings.seed)
    built = encoder.build(settings, texts=[row.text for row in train], labels=LABELS, channel=None, work=folder)
    for module in built.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = dropout
    return launch.Task(built, train, rows(40, seed=2), LABELS, settings, settings.max_length, folder / "checkpoints")


def logits(done: launch.Task) -> np.ndarray:
    """The logits of the validation rows, from the model as training left it."""
    inputs = done.encoder.tokenizer([row.text for row in done.valid], padding=True, return_tensors="pt")
    with torch.inference_mode():
        return done.encoder.model(**inputs).logits.float().numpy()


def start(folder: Path, environ: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
    """A process that fits the task in ``folder``. Options: see ``main``."""
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.unit.model_code.fitting.tasks", str(folder), json.dumps(options)],
        env={**os.environ, "OMP_NUM_THREADS": "1", **(environ or {})},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The process's exit status and output."""
    try:
        output, _ = process.communicate(timeout=240)
    finally:
        process.kill()
    return process.returncode, output


def main(folder: Path, *, kill_at: int = 0, kill_saving_at: int = 0, **changes: Any) -> None:
    """Fit with a checkpoint after nearly every step, noting the texts of each in trained.txt.

    ``kill_at``: this process kills itself with signal 9 in this optimiser step; ``kill_saving_at``: while it saves it.
    """
    mark, mask = checkpoints.mark, token_batches.Mask.__call__
    seen = 0

    def noting(self: token_batches.Mask, batch: dict[str, Any]) -> dict[str, Any]:
        nonlocal seen
        seen += 1
        with (folder / "trained.txt").open("a") as file:
            file.write(f"{sorted(map(tuple, batch['input_ids'].tolist()))}\n")
        if seen == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return mask(self, batch)

    def marking(path: Path, **options: Any) -> None:
        if kill_saving_at and path.name == f"checkpoint-{kill_saving_at}":
            os.kill(os.getpid(), signal.SIGKILL)
        mark(path, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callbacks, "MAX_SAVING_SHARE", 1e9)
        patch.setattr(token_batches.Mask, "__call__", noting)
        patch.setattr(checkpoints, "mark", marking)
        chosen = task(folder, **changes)
        fitted = launch.run(chosen, Cluster.from_environment(), work=folder)
    if fitted is not None:
        np.save(folder / "logits.npy", logits(chosen))
        (folder / "fitted.json").write_text(json.dumps(vars(fitted)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), **json.loads(sys.argv[2]))
