"""How often `training.model: best` serves a kind that is worse than another on held-out texts.

    python -m benchmarks.training.choice --data news/train.tsv [--runs 24] [--rows 3000] [-- --base_model ...]

Runs the real training job on random shares of a dataset, whole groups each, with two fifths of the texts held out, and
compares the kind that the job chose by its validation texts with the best one on the texts held out. The last line is
one JSON object. Run it in .venv-model, with OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.training import accuracy
from model_code.training.data import dataset, folds
from model_code.training.data.rows import Row

FRACTIONS = ("--valid_fraction", "0.1", "--test_fraction", "0.4")
SIGNIFICANCE = 0.05


def share(rows: Sequence[Row], count: int, *, seed: int) -> list[Row]:
    """About ``count`` rows, whole groups, in an order by hash."""
    ranked = sorted(rows, key=lambda row: (folds.rank(folds.group(row), seed), row.text))
    chosen: list[Row] = []
    for row in ranked:
        if len(chosen) >= count and folds.group(row) != folds.group(chosen[-1]):
            break
        chosen.append(row)
    return chosen


def run(rows: Sequence[Row], *, seed: int, hyperparameters: Sequence[str]) -> dict[str, Any]:
    """One job: the kind that serves, and each kind's accuracy on the texts held out."""
    with tempfile.TemporaryDirectory() as work:
        file = Path(work) / "share.csv"
        with file.open("w", encoding="utf-8", newline="") as written:
            table = csv.writer(written)
            table.writerow(("text", "label", "story"))
            table.writerows((row.text, row.label, folds.group(row)) for row in rows)
        job = Path(work) / "job"
        accuracy.train(file, job, ["--model", "best", "--seed", str(seed), *FRACTIONS, *hyperparameters])
        evaluation = json.loads((job / "model" / "evaluation.json").read_text(encoding="utf-8"))
    model = evaluation["model"]
    kinds = {each["kind"]: each for each in model["candidates"]}
    served = kinds[model["served"]]
    return {
        "seed": seed,
        "served": model["served"],
        "counts": evaluation["counts"],
        "accuracy": {name: each["test_accuracy"] for name, each in kinds.items()},
        "lost": max(each["test_accuracy"] for each in kinds.values()) - served["test_accuracy"],
        "surely_worse_than": [
            name
            for name, each in kinds.items()
            if each["test_accuracy"] > served["test_accuracy"] and each["comparison"]["mcnemar_p"] < SIGNIFICANCE
        ],
    }


def summary(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Over all runs: what was served, the mean accuracy of it and of each kind, and how often it was surely worse."""
    names = list(runs[0]["accuracy"])
    return {
        "runs": len(runs),
        "served": {name: sum(each["served"] == name for each in runs) for name in names},
        "accuracy_served": statistics.fmean(each["accuracy"][each["served"]] for each in runs),
        "accuracy": {name: statistics.fmean(each["accuracy"][name] for each in runs) for name in names},
        "lost": statistics.fmean(each["lost"] for each in runs),
        "not_the_best": sum(each["lost"] > 0 for each in runs),
        "surely_worse": sum(bool(each["surely_worse_than"]) for each in runs),
        "surely_worse_than": {name: sum(name in each["surely_worse_than"] for each in runs) for name in names},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each run, and the summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a labelled dataset")
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--rows", type=int, default=3000, help="of each run")
    parser.add_argument("hyperparameters", nargs="*", help="after --: passed to the training job")
    chosen = parser.parse_args(arguments)
    rows = dataset.load(chosen.data).rows
    runs = []
    for seed in range(1, chosen.runs + 1):
        given = share(rows, chosen.rows, seed=seed)
        runs.append(run(given, seed=seed, hyperparameters=chosen.hyperparameters))
        print(json.dumps(runs[-1]), file=sys.stderr, flush=True)
    print(json.dumps(summary(runs)))


if __name__ == "__main__":
    main()
