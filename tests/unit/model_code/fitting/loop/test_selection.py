"""Which epoch is kept."""

from __future__ import annotations

import numpy as np
import pytest

from model_code.training.fitting.loop import selection


def kept(figures: list[float], *, tolerance: float) -> int:
    """The epoch (from 1) that a strict "higher than before" on the scores keeps."""
    seen: list[dict[str, float]] = []
    best, chosen = -1.0, 0
    for epoch, macro_f1 in enumerate(figures, 1):
        score = selection.score(macro_f1, tolerance, seen)
        if score > best:
            best, chosen = score, epoch
        seen.append({"eval_macro_f1": macro_f1, "eval_tolerance": tolerance})
    return chosen


@pytest.mark.parametrize(
    ("figures", "tolerance", "epoch"),
    [
        ([0.80, 0.90, 0.85], 0.0, 2),
        ([0.80, 0.90, 0.90], 0.0, 3),  # the later of equal ones
        ([0.80, 0.90, 0.89, 0.88], 0.02, 4),
        ([0.80, 0.90, 0.89, 0.87], 0.02, 3),
        ([0.90, 0.89, 0.88, 0.87], 0.015, 2),  # measured from the best, not from the one kept
        ([0.90, 0.70, 0.60], 0.05, 1),
    ],
)
def test_the_latest_epoch_that_is_as_good_as_the_best_is_kept(
    figures: list[float], tolerance: float, epoch: int
) -> None:
    assert kept(figures, tolerance=tolerance) == epoch


def test_the_standard_error_counts_groups_and_not_their_texts() -> None:
    right = np.array([True] * 80 + [False] * 20)
    alone = selection.standard_error(right, [""] * 100)
    assert alone == pytest.approx(np.sqrt(0.8 * 0.2 / 100))
    in_fives = selection.standard_error(right, [f"g{index // 5}" for index in range(100)])
    assert in_fives == pytest.approx(alone * np.sqrt(5))
    assert selection.standard_error(np.array([True] * 10), [""] * 10) == 0.0
