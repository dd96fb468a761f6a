"""The way from a dataset file to a model.tar.gz that has been unpacked, loaded and asked, in seconds for each stage."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TEXTS_ASKED = 1000


def run(dataset: Path, *, hyperparameters: Sequence[str] = (), show: Callable[[str], None]) -> dict[str, Any]:
    """Train with the job's own script, pack as SageMaker does, unpack, load and classify; ``show`` gets each line."""
    with tempfile.TemporaryDirectory() as work:
        base = Path(work)
        started = time.monotonic()
        seconds = _train(dataset, base, hyperparameters, show)
        packed_from = time.monotonic()
        archive = pack(base / "model", base / "model.tar.gz")
        seconds["pack"] = time.monotonic() - packed_from
        tested_from = time.monotonic()
        tested = _test(archive, base / "unpacked", dataset)
        seconds["test"] = time.monotonic() - tested_from
        return {
            "total_seconds": round(time.monotonic() - started, 1),
            "seconds": {name: round(spent, 1) for name, spent in seconds.items()},
            "archive_bytes": archive.stat().st_size,
            **tested,
        }


def stages(lines: Iterable[tuple[float, str]], *, started: float, ended: float) -> dict[str, float]:
    """Seconds of each stage from the job's lines and when they came.

    A stage lasts from the first line that names it (the job's first: from its start) to the first of the next stage.
    """
    begins: list[tuple[str, float]] = []
    for when, line in lines:
        words = line.split()
        if len(words) > 1 and words[0] == "progress:" and (not begins or begins[-1][0] != words[1]):
            begins.append((words[1], when if begins else started))
    seconds: dict[str, float] = {}
    for (name, begun), (_, until) in zip(begins, [*begins[1:], ("", ended)], strict=True):
        seconds[name] = seconds.get(name, 0.0) + until - begun
    return seconds


def pack(folder: Path, archive: Path) -> Path:
    """The folder's content as a gzipped tar, as SageMaker packs SM_MODEL_DIR; the archive."""
    with tarfile.open(archive, "w:gz") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, arcname=path.name)
    return archive


def _train(dataset: Path, base: Path, hyperparameters: Sequence[str], show: Callable[[str], None]) -> dict[str, float]:
    channel = base / "input" / "data" / "dataset"
    channel.mkdir(parents=True)
    shutil.copy(dataset, channel)
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(base), "TRAINING_JOB_NAME": "benchmark"}
    command = [sys.executable, str(ROOT / "model_code/training/train.py"), *hyperparameters]
    started, lines = time.monotonic(), []
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            lines.append((time.monotonic(), line))
            show(line.strip())
    if process.returncode:
        raise SystemExit(f"the training job exited with status {process.returncode}; its message is above")
    return stages(lines, started=started, ended=time.monotonic())


def _test(archive: Path, folder: Path, dataset: Path) -> dict[str, Any]:
    """Unpack, check and load the archive as a model server does, and classify the file's first texts."""
    from contracts.models import artifact
    from model_code.serving.classifier import Classifier
    from model_code.training.data import dataset as datasets

    artifact.unpack(archive, folder)
    classifier = Classifier(folder)
    rows = datasets.load(dataset).rows[:TEXTS_ASKED]
    best = classifier.predict([row.text for row in rows]).argmax(axis=1)
    right = sum(classifier.labels[position] == row.label for position, row in zip(best, rows, strict=True))
    evaluation = json.loads((folder / artifact.EVALUATION_FILE).read_text(encoding="utf-8"))
    return {
        "texts_asked": len(rows),
        "share_right": round(right / len(rows), 4),
        "test_accuracy": round(evaluation["accuracy"], 4),
        "test_macro_f1": round(evaluation["macro_f1"], 4),
        "rows": evaluation["counts"],
    }
