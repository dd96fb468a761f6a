"""Hyperparameters compared by running the real training job with each of them, over several seeds.

    python -m benchmarks.training.hyperparameters --train news/train.tsv --valid news/valid.tsv \\
        --results results.jsonl --try epochs=8 token_masking=0.3 --try epochs=12 token_masking=0.3 [--seeds 1 2 3]

Each --try is one setting: name=value pairs of the job's hyperparameters ("default" alone for none). Every job trains on
its own part of --train; the exported model is measured on --valid. A line is appended to --results for each job, and
jobs that it already holds are not run again. Prints a Markdown table, means over the seeds. Run it in .venv-model.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benchmarks.screen import Line
from benchmarks.training.accuracy import MODEL_FILES, train

SEEDS = (1, 2, 3)
DEFAULT = "default"
MEASURED = ("accuracy", "macro_f1", "calibration_error", "train_seconds", "job_cpu_seconds")


def setting(pairs: Sequence[str]) -> dict[str, str]:
    """``["epochs=8", ...]`` as a mapping in the order of the names; SystemExit for an invalid pair."""
    if list(pairs) == [DEFAULT]:
        return {}
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise SystemExit(f"--try {wrong[0]}: expected name=value pairs, or {DEFAULT} alone")
    return dict(sorted((name, value) for name, value in (pair.split("=", 1) for pair in pairs)))


def key(run: Mapping[str, Any]) -> str:
    """What makes two jobs the same: encoder, hyperparameters, seed and both files' content."""
    return json.dumps([run[name] for name in ("encoder", "hyperparameters", "seed", "data")], sort_keys=True)


def finished(results: Path) -> list[dict[str, Any]]:
    """The jobs in the results file; none when it does not exist yet."""
    if not results.is_file():
        return []
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines() if line.strip()]


def table(runs: Sequence[Mapping[str, Any]]) -> str:
    """Markdown: one row for each setting, best mean accuracy first, with the spread over its seeds."""
    by_setting: dict[str, list[Mapping[str, Any]]] = {}
    for run in runs:
        pairs = " ".join(f"{name}={value}" for name, value in run["hyperparameters"].items()) or DEFAULT
        by_setting.setdefault(f"{run['encoder']}: {pairs}", []).append(run)
    lines = [
        "| hyperparameters | seeds | accuracy | macro F1 | calibration error | training s | job CPU s |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, jobs in sorted(by_setting.items(), key=lambda each: -mean(job["accuracy"] for job in each[1])):
        accuracy, f1, calibration, seconds, cpu = ([float(job[what]) for job in jobs] for what in MEASURED)
        cells = [
            name,
            str(len(jobs)),
            _spread(accuracy),
            _spread(f1),
            f"{mean(calibration):.3f}",
            f"{mean(seconds):.0f}",
            f"{mean(cpu):.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _spread(values: Sequence[float]) -> str:
    return f"{mean(values):.4f} ± {stdev(values):.4f}" if len(values) > 1 else f"{values[0]:.4f}"


def measure(
    train_file: Path, valid_file: Path, hyperparameters: Mapping[str, str], *, seed: int, base_model: Path | None
) -> dict[str, Any]:
    """Run one job and measure its exported model on ``valid_file``."""
    from model_code.serving.classifier import Classifier
    from model_code.training.data import dataset
    from model_code.training.evaluation import evaluate

    arguments = [word for name, value in hyperparameters.items() for word in (f"--{name}", value)]
    with tempfile.TemporaryDirectory() as work:
        spent = train(train_file, Path(work), [*arguments, "--seed", str(seed)], base_model=base_model)
        model = Path(work) / "model"
        classifier, rows = Classifier(model), dataset.load(valid_file).rows
        probabilities = classifier.predict([row.text for row in rows])
        figures = evaluate.measure(probabilities, [row.label for row in rows], classifier.labels)
        job = json.loads((model / "evaluation.json").read_text(encoding="utf-8"))
        size = sum((model / name).stat().st_size for name in MODEL_FILES if (model / name).exists())
    return {
        **{name: round(figures[name], 4) for name in ("accuracy", "macro_f1", "calibration_error")},
        "job_test_accuracy": round(job["accuracy"], 4),
        "precision": job["served_precision"],
        "train_seconds": job["train_seconds"],
        "model_bytes": size,
        **spent,
    }


def main(arguments: Sequence[str]) -> int:
    """Run what is not in the results yet, print the table; 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True, help="labelled file to train on")
    parser.add_argument("--valid", type=Path, required=True, help="labelled file to measure on, never trained on")
    parser.add_argument("--results", type=Path, required=True, help="JSON lines, appended to")
    parser.add_argument("--base-model", type=Path, help="folder with a pretrained encoder's files to fine-tune")
    parser.add_argument("--try", dest="tries", nargs="+", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    chosen = parser.parse_args(arguments)
    data = [hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in (chosen.train, chosen.valid)]
    encoder = chosen.base_model.resolve().name if chosen.base_model else "compact"
    wanted = [
        {"encoder": encoder, "hyperparameters": setting(pairs), "seed": seed, "data": data}
        for pairs in chosen.tries
        for seed in chosen.seeds
    ]
    done = {key(run) for run in finished(chosen.results)}
    missing = [run for run in wanted if key(run) not in done]
    line = Line(total=len(missing))
    chosen.results.parent.mkdir(parents=True, exist_ok=True)
    for run in missing:
        line.begin(f"{run['hyperparameters'] or DEFAULT} seed {run['seed']}")
        load_before = round(os.getloadavg()[0], 2)
        figures = measure(
            chosen.train, chosen.valid, run["hyperparameters"], seed=run["seed"], base_model=chosen.base_model
        )
        with chosen.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**run, **figures, "load_before": load_before}) + "\n")
        line.end(f"accuracy {figures['accuracy']:.4f}")
    print(table([run for run in finished(chosen.results) if run["data"] == data]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
