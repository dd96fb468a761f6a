"""Weights of a blend: found where they are known, and no less than what a few texts can tell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from model_code.training.choosing import blending


def drawn(texts: int, weights: tuple[float, float], seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two models' logits, and labels drawn from their weighted sum."""
    random = np.random.default_rng(seed)
    first, second = (random.normal(scale=2.0, size=(texts, 4)) for _ in range(2))
    shares = softmax(weights[0] * first + weights[1] * second, axis=1)
    return first, second, np.array([random.choice(4, p=row) for row in shares])


def scales(first: np.ndarray, second: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return blending.scales([first, second], truth, equal=0.5)


@pytest.mark.parametrize("weights", [(0.4, 0.6), (1.0, 0.2), (0.0, 1.0)])
def test_the_weights_that_made_the_labels_are_found(weights: tuple[float, float]) -> None:
    assert scales(*drawn(6000, weights)) == pytest.approx(weights, abs=0.08)


def test_a_model_of_nonsense_gets_no_weight_and_none_is_negative() -> None:
    first, second, truth = drawn(3000, (1.0, 0.0))
    assert scales(first, second, truth)[1] < 0.05
    assert scales(first, -first, truth).min() >= 0


def test_without_texts_both_count_the_same_and_two_texts_change_little() -> None:
    nothing = np.zeros((0, 4))
    assert scales(nothing, nothing, np.zeros(0, dtype=int)) == pytest.approx([0.5, 0.5])
    first, second, truth = drawn(2, (3.0, 0.0))
    assert scales(first, second, truth) == pytest.approx([0.5, 0.5], abs=0.3)


def test_cross_fitted_answers_are_not_better_than_fitted_ones() -> None:
    first, second, truth = drawn(60, (0.5, 0.5))
    fitted = scales(first, second, truth)

    def loss(logs: np.ndarray) -> float:
        return -float(logs[np.arange(len(truth)), truth].mean())

    own = loss(log_softmax(fitted[0] * first + fitted[1] * second, axis=1))
    others = blending.cross_fitted([first, second], truth, np.arange(60) % 5, equal=0.5)
    assert others.sum(axis=1) == pytest.approx(1)
    assert own < loss(np.log(others))
