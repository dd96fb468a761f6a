"""The linear model's machines, each alone and their sum, cross-validated on a dataset in whole groups.

    python -m benchmarks.training.machines --data news/train.tsv

Each fold's terms and machines are fitted on the other folds, and so are the weights of the sum and the scale of a
machine alone. The last line is one JSON object. Run it in .venv-model, with OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model_code.training.choosing import blending
from model_code.training.data import dataset, folds
from model_code.training.evaluation import calibration, evaluate
from model_code.training.evaluation.linear_machine import MACHINES
from model_code.training.evaluation.linear_model import LinearFits

Array = np.ndarray[Any, Any]


def figures(margins: Sequence[Array], truth: Array, parts: Array) -> dict[str, float]:
    """Accuracy, mean log loss and calibration error of the sum of some machines' margins, each (texts, labels)."""
    probabilities = blending.cross_fitted(margins, truth, parts, equal=1.0)
    losses = calibration.losses(np.log(np.maximum(probabilities, np.finfo(np.float64).tiny)), truth)
    return {
        "accuracy": round(float((probabilities.argmax(axis=1) == truth).mean()), 4),
        "log_loss": round(float(losses.mean()), 4),
        "calibration_error": round(evaluate.calibration_error(probabilities, truth), 4),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a labelled dataset")
    parser.add_argument("--seed", type=int, default=13)
    chosen = parser.parse_args(arguments)
    data = dataset.load(chosen.data)
    truth = evaluate.positions([row.label for row in data.rows], data.labels)
    parts, started = folds.of(data.rows, seed=chosen.seed), time.process_time()
    fits = LinearFits(data.rows, data.labels)
    margins = np.zeros((len(MACHINES), len(truth), len(data.labels)))
    for part in range(folds.FOLDS):
        inside = np.flatnonzero(parts == part)
        margins[:, inside] = fits.fitted(np.flatnonzero(parts != part)).margins(inside)
    spent = time.process_time() - started
    names = [fit.__name__ for fit, _ in MACHINES]  # type: ignore[attr-defined]
    alone = {name: figures([each], truth, parts) for name, each in zip(names, margins, strict=True)}
    print(
        json.dumps(
            {
                "rows": len(truth),
                "labels": len(data.labels),
                **alone,
                "sum": figures(list(margins), truth, parts),
                "shares": blending.scales(list(margins), truth, equal=1.0).round(2).tolist(),
                "cpu_seconds": round(spent, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
