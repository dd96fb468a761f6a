"""Accuracy of a training job's exported model on held-out data, beside TF-IDF + LinearSVC on the same rows.

    python -m benchmarks.training.accuracy --train news/train.tsv --valid news/valid.tsv [--job model] \\
        [-- --epochs 8 ...]

Runs the real training job (or takes a finished one's model folder), classifies the validation file with the artifact's
own classifier, and fits the baseline on the whole training file and on the rows that the job kept for training. Last
line: one JSON object. Run it in .venv-model.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MODEL_FILES = ("model.onnx", "linear.npz")


def train(
    dataset: Path, base: Path, hyperparameters: Sequence[str], *, base_model: Path | None = None
) -> dict[str, Any]:
    """Run the training entry point below ``base``; wall and CPU seconds of the whole job.

    ``base_model``: a folder with a pretrained encoder's files, the job's channel.
    """
    channel = base / "input" / "data" / "dataset"
    channel.mkdir(parents=True)
    shutil.copy(dataset, channel)
    if base_model:
        shutil.copytree(base_model, base / "input" / "data" / "base_model")
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(base), "TRAINING_JOB_NAME": "benchmark"}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        [sys.executable, str(ROOT / "model_code/training/train.py"), *hyperparameters],
        env=environment,
        check=True,
        stdout=sys.stderr,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"job_seconds": round(time.monotonic() - started, 1), "job_cpu_seconds": round(cpu, 1)}


def compare(train_file: Path, valid_file: Path, model: Path) -> dict[str, Any]:
    """Figures of the model in ``model`` and of the baseline on the rows of ``valid_file``."""
    from model_code.serving.classifier import Classifier
    from model_code.training.data import dataset, split
    from model_code.training.evaluation import evaluate, linear

    train_rows, valid_rows = dataset.load(train_file).rows, dataset.load(valid_file).rows
    classifier = Classifier(model)
    probabilities = classifier.predict([row.text for row in valid_rows])
    figures = evaluate.measure(probabilities, [row.label for row in valid_rows], classifier.labels)
    baseline = linear.baseline(train_rows, valid_rows, classifier.labels)
    job = json.loads((model / "evaluation.json").read_text(encoding="utf-8"))
    used = json.loads((model / "metadata.json").read_text(encoding="utf-8"))["hyperparameters"]
    fractions = {name: used[name] for name in ("valid_fraction", "test_fraction", "seed")}
    same_rows = linear.baseline(split.split(train_rows, **fractions).train, valid_rows, classifier.labels)
    return {
        "accuracy": round(figures["accuracy"], 4),
        "macro_f1": round(figures["macro_f1"], 4),
        "calibration_error": round(figures["calibration_error"], 4),
        "rows": len(valid_rows),
        "baseline": baseline["name"],
        "baseline_accuracy": round(baseline["accuracy"], 4),
        "baseline_macro_f1": round(baseline["macro_f1"], 4),
        "baseline_fit_seconds": baseline["fit_seconds"],
        "baseline_same_rows_accuracy": round(same_rows["accuracy"], 4),
        "baseline_same_rows_macro_f1": round(same_rows["macro_f1"], 4),
        "base_model": job["base_model"],
        "model": job["model"],
        "precision": job["served_precision"],
        "int8_agreement": job["int8_agreement"],
        "job_test_accuracy": round(job["accuracy"], 4),
        "train_seconds": job["train_seconds"],
        "model_bytes": sum((model / name).stat().st_size for name in MODEL_FILES if (model / name).exists()),
    }


def main(arguments: Sequence[str]) -> int:
    """Print the comparison; 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True, help="labelled file to train on")
    parser.add_argument("--valid", type=Path, required=True, help="labelled file to measure on, never trained on")
    parser.add_argument("--base-model", type=Path, help="folder with a pretrained encoder's files to fine-tune")
    parser.add_argument("--job", type=Path, help="a finished job's model folder, instead of training one")
    parser.add_argument("hyperparameters", nargs="*", help="after --: passed to the training job")
    chosen = parser.parse_args(arguments)
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as work:
        spent = (
            {} if chosen.job else train(chosen.train, Path(work), chosen.hyperparameters, base_model=chosen.base_model)
        )
        result = compare(chosen.train, chosen.valid, chosen.job or Path(work) / "model")
    print(
        f"{result['base_model']} ({result['precision']}): {result['accuracy']:.1%} on {result['rows']} rows; "
        f"{result['baseline']}: {result['baseline_accuracy']:.1%} (fitted on the job's own training rows: "
        f"{result['baseline_same_rows_accuracy']:.1%})"
    )
    print(json.dumps({**result, **spent, "cores": os.cpu_count(), "load_before": round(load_before, 2)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
