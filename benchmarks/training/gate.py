"""How often the gate errs: `.venv-model/bin/python -m benchmarks.training.gate` (docs/decisions/0024-paired-gate.md).

Pairs of models with a known difference are simulated on test parts of several sizes and judged by the gate's own code.
The last line is one JSON object: the share of refused models by rule, disagreement, test texts and true fall.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import binomtest

from lambda_src.pipeline.gate import comparison

CLASSES = 4
ACCURACY = 0.93  # of the approved model
DISAGREE = (0.04, 0.08)  # share of the texts that exactly one of the two models gets right
TEXTS = (100, 200, 500, 1000, 10_000)
FALLS = (0.0, 0.01, 0.02, 0.05)
RESAMPLES = 1000
LIMITS = comparison.Limits(max_regression=0.01, max_possible_regression=0.05)
_SHAPE = (CLASSES, CLASSES, CLASSES)  # true label, new model's, approved model's
_TRUTH, _NEW, _OLD = np.indices(_SHAPE)
_ONLY_NEW = ((_NEW == _TRUTH) & (_OLD != _TRUTH)).ravel()
_ONLY_OLD = ((_OLD == _TRUTH) & (_NEW != _TRUTH)).ravel()


def joint(*, fall: float, disagree: float) -> np.ndarray:
    """Probability of each (truth, new, old), flat; wrong answers are spread evenly, both wrong alike."""
    only_old, only_new = (disagree + fall) / 2, (disagree - fall) / 2
    table = np.zeros(_SHAPE)
    for truth in range(CLASSES):
        table[truth, truth, truth] = (ACCURACY - only_old) / CLASSES
        for wrong in set(range(CLASSES)) - {truth}:
            table[truth, truth, wrong] = only_new / CLASSES / (CLASSES - 1)
            table[truth, wrong, truth] = only_old / CLASSES / (CLASSES - 1)
            table[truth, wrong, wrong] = (1 - ACCURACY - only_new) / CLASSES / (CLASSES - 1)
    return table.ravel()


def macro_f1_difference(cells: np.ndarray) -> np.ndarray:
    """New minus approved, of each row of counts (rows, CLASSES ** 3)."""
    counts = cells.reshape(-1, *_SHAPE)
    scores = []
    for other_model in (3, 2):
        matrix = counts.sum(axis=other_model).astype(float)
        right = np.einsum("rii->ri", matrix)
        both = matrix.sum(axis=1) + matrix.sum(axis=2)
        scores.append(np.divide(2 * right, both, out=np.zeros_like(right), where=both > 0).mean(axis=1))
    return np.asarray(scores[0] - scores[1])


def compared(cells: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    """`champion.comparison` of one simulated test part."""
    texts = int(cells.sum())
    again = rng.multinomial(texts, cells / texts, size=RESAMPLES)
    won, lost = int(cells[_ONLY_NEW].sum()), int(cells[_ONLY_OLD].sum())
    accuracy = (again[:, _ONLY_NEW].sum(axis=1) - again[:, _ONLY_OLD].sum(axis=1)) / texts
    return {
        "texts": texts,
        "only_new_right": won,
        "only_old_right": lost,
        "mcnemar_p": float(binomtest(won, won + lost).pvalue) if won + lost else 1.0,
        "accuracy_difference": (won - lost) / texts,
        "accuracy_difference_interval": np.percentile(accuracy, [2.5, 97.5]).tolist(),
        "macro_f1_difference": float(macro_f1_difference(cells)[0]),
        "macro_f1_difference_interval": np.percentile(macro_f1_difference(again), [2.5, 97.5]).tolist(),
        "confidence_level": 0.95,
    }


def refused(*, texts: int, fall: float, disagree: float, pairs: int, rng: np.random.Generator) -> tuple[float, float]:
    """Share of the models that the gate refuses, and that the bare difference would."""
    table = joint(fall=fall, disagree=disagree)
    paired = bare = 0
    for _ in range(pairs):
        simulated = compared(rng.multinomial(texts, table), rng)
        paired += bool(comparison.judge({}, {"comparison": simulated}, limits=LIMITS).faults)
        worst = min(simulated["accuracy_difference"], simulated["macro_f1_difference"])
        bare += worst < -LIMITS.max_regression - 5e-7
    return paired / pairs, bare / pairs


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each case, then all of them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1000, help="simulated pairs of models in each case")
    pairs = parser.parse_args(arguments).pairs
    rng = np.random.default_rng(0)
    cases = []
    for disagree in DISAGREE:
        for texts in TEXTS:
            for fall in (fall for fall in FALLS if fall <= disagree):
                paired, bare = refused(texts=texts, fall=fall, disagree=disagree, pairs=pairs, rng=rng)
                cases.append({"disagree": disagree, "texts": texts, "fall": fall, "refused": paired, "bare": bare})
                case = f"{disagree:.0%} disagree, {texts:6,} texts, {fall:.0%} worse"
                print(f"{case}: {paired:6.1%} refused, {bare:6.1%} by the bare difference", flush=True)
    print(json.dumps({"pairs": pairs, "cases": cases}))


if __name__ == "__main__":
    main()
