"""Two models on the same texts: where only one is right, and how significant the difference is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from contracts.models.evaluation import Comparison
from model_code.training.evaluation import intervals
from model_code.training.evaluation.intervals import Array


def paired(
    new_predicted: Array, old_predicted: Array, truth: Array, labels: Sequence[str], *, seed: int = 0
) -> Comparison:
    """Differences (new minus old) on the same texts, with intervals, and McNemar's exact two-sided p.

    The three arrays have shape (texts,) and hold positions in ``labels``; ValueError when their lengths differ or they
    are empty. The same arguments give the same result.
    """
    new, old, true = (np.asarray(each, dtype=np.int64) for each in (new_predicted, old_predicted, truth))
    if not new.shape == old.shape == true.shape or not len(true):
        raise ValueError(
            f"{len(new)} and {len(old)} predictions for {len(true)} texts; the numbers must be equal and above 0"
        )
    new_right, old_right = new == true, old == true
    only_new, only_old = int((new_right & ~old_right).sum()), int((old_right & ~new_right).sum())
    accuracy, macro_f1 = _differences(new, old, true, len(labels), seed=seed)
    return {
        "texts": len(true),
        "only_new_right": only_new,
        "only_old_right": only_old,
        "mcnemar_p": mcnemar(only_new, only_old),
        "accuracy_difference": (only_new - only_old) / len(true),
        "accuracy_difference_interval": intervals.ends(accuracy[1:]),
        "macro_f1_difference": float(macro_f1[0]),
        "macro_f1_difference_interval": intervals.ends(macro_f1[1:]),
        "confidence_level": intervals.LEVEL,
        "resamples": intervals.RESAMPLES,
    }


def mcnemar(only_new: int, only_old: int) -> float:
    """McNemar's p: how likely so uneven a division is, if both models are equally good.

    The exact binomial test against one half, two-sided.
    """
    texts = only_new + only_old
    ways, tail = 1, 1
    for hits in range(min(only_new, only_old)):
        ways = ways * (texts - hits) // (hits + 1)
        tail += ways
    return min(float(2 * tail / 2**texts), 1.0)


def _differences(new: Array, old: Array, true: Array, labels: int, *, seed: int) -> tuple[Array, Array]:
    """Differences of accuracy and of macro F1: first of the texts themselves, then of every resample."""
    kinds, counts = np.unique((true * labels + new) * labels + old, return_counts=True)
    of_true, of_new, of_old = kinds // (labels * labels), kinds // labels % labels, kinds % labels
    gain = (of_new == of_true).astype(float) - (of_old == of_true)
    parts = [counts[None, :].astype(float), *intervals.resamples(counts, seed=seed)]
    accuracy = [part @ gain / len(true) for part in parts]
    tested = np.unique(true)  # labels without texts do not count, as in each model's own macro F1
    macro_f1 = [
        (
            intervals.f1_of(part, of_true, of_new, labels)[:, tested].mean(axis=1)
            - intervals.f1_of(part, of_true, of_old, labels)[:, tested].mean(axis=1)
        )
        for part in parts
    ]
    return np.concatenate(accuracy), np.concatenate(macro_f1)
