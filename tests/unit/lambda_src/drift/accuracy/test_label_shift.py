"""Accuracy without labels: right under a shift of the labels' shares, and only there."""

from __future__ import annotations

import math
import random

import pytest

from lambda_src.drift.accuracy import label_shift

PRIOR = (0.7, 0.1, 0.1, 0.1)
EVEN = (0.25, 0.25, 0.25, 0.25)
_APART = 1.6


def _posterior(x: list[float]) -> list[float]:
    """Exact under PRIOR, of labels whose texts are normal around a corner each."""
    weights = [prior * math.exp(_APART * value) for prior, value in zip(PRIOR, x, strict=True)]
    return [each / sum(weights) for each in weights]


def _answers(shares: tuple[float, ...], *, texts: int, seed: int) -> tuple[list[list[float]], float]:
    """Probabilities, and how many of the answers are right."""
    chance = random.Random(seed)
    found, right = [], 0
    for label in chance.choices(range(4), shares, k=texts):
        found.append(_posterior([chance.gauss(_APART * (number == label), 1) for number in range(4)]))
        right += found[-1].index(max(found[-1])) == label
    return found, right / texts


def test_a_shift_of_the_labels_is_corrected() -> None:
    probabilities, accuracy = _answers(EVEN, texts=800, seed=2)
    estimate = label_shift.estimate(probabilities, PRIOR)
    assert estimate
    assert estimate.low <= accuracy <= estimate.high
    assert abs(estimate.accuracy - accuracy) < 0.04 < estimate.uncorrected - accuracy
    assert estimate.shares == pytest.approx(EVEN, abs=0.07)


def test_without_a_shift_nothing_is_corrected() -> None:
    probabilities, accuracy = _answers(PRIOR, texts=600, seed=3)
    estimate = label_shift.estimate(probabilities, PRIOR)
    assert estimate and estimate.accuracy == pytest.approx(estimate.uncorrected, abs=0.02)
    assert estimate.low <= accuracy <= estimate.high


def test_a_label_that_is_gone_and_one_that_training_never_had() -> None:
    probabilities, _ = _answers((0.0, 0.4, 0.3, 0.3), texts=300, seed=4)
    estimate = label_shift.estimate(probabilities, (1.0, 0.0, 0.0, 0.0))
    assert estimate and math.isclose(sum(estimate.shares), 1, abs_tol=1e-3)
    assert all(math.isfinite(each) for each in (estimate.low, estimate.high))


def test_too_few_texts_have_no_estimate() -> None:
    assert label_shift.estimate([[0.5, 0.5]] * (label_shift.FEWEST - 1), (0.5, 0.5)) is None
