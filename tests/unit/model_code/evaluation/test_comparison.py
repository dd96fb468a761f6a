"""Two models on the same texts: counts, McNemar's p, differences and their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from model_code.training.evaluation import comparison

LABELS = ["A", "B", "C"]


def answers(texts: int, *, right: float, seed: int, truth: np.ndarray) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return np.where(chance.random(texts) < right, truth, (truth + 1) % 3)


@pytest.fixture
def case() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """New and old answers and the truth of 400 texts."""
    truth = np.random.default_rng(0).integers(0, 3, 400)
    return answers(400, right=0.93, seed=1, truth=truth), answers(400, right=0.85, seed=2, truth=truth), truth


@pytest.mark.parametrize("only_new", [0, 1, 3, 10, 60])
@pytest.mark.parametrize("only_old", [0, 2, 10, 41])
def test_p_is_the_exact_binomial_test(only_new: int, only_old: int) -> None:
    texts = only_new + only_old
    expected = binomtest(only_new, texts).pvalue if texts else 1.0
    assert comparison.mcnemar(only_new, only_old) == pytest.approx(expected)


def test_thousands_of_differing_texts_overflow_nothing() -> None:
    assert comparison.mcnemar(5000, 5200) == pytest.approx(binomtest(5000, 10200).pvalue)
    assert comparison.mcnemar(0, 3000) == pytest.approx(0)


def test_figures_are_those_of_the_two_models(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    new, old, truth = case
    figures = comparison.paired(new, old, truth, LABELS)
    assert figures["texts"] == 400
    assert figures["only_new_right"] == ((new == truth) & (old != truth)).sum()
    assert figures["only_old_right"] == ((old == truth) & (new != truth)).sum()
    assert figures["accuracy_difference"] == pytest.approx((new == truth).mean() - (old == truth).mean())
    expected = f1_score(truth, new, average="macro") - f1_score(truth, old, average="macro")
    assert figures["macro_f1_difference"] == pytest.approx(expected)
    assert figures["mcnemar_p"] < 0.01


def test_intervals_are_those_of_resampled_texts(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    new, old, truth = case
    figures = comparison.paired(new, old, truth, LABELS)
    chance = np.random.default_rng(9)
    drawn = [chance.integers(0, 400, 400) for _ in range(1000)]
    accuracy = [(new[each] == truth[each]).mean() - (old[each] == truth[each]).mean() for each in drawn]
    assert figures["accuracy_difference_interval"] == pytest.approx(np.quantile(accuracy, [0.025, 0.975]), abs=0.01)
    macro = [
        f1_score(truth[each], new[each], average="macro") - f1_score(truth[each], old[each], average="macro")
        for each in drawn[:100]
    ]
    assert figures["macro_f1_difference_interval"] == pytest.approx(np.quantile(macro, [0.025, 0.975]), abs=0.03)


def test_same_arguments_give_the_same_result(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    new, old, truth = case
    assert comparison.paired(new, old, truth, LABELS) == comparison.paired(new, old, truth, LABELS)
    other = comparison.paired(new, old, truth, LABELS, seed=1)
    first = comparison.paired(new, old, truth, LABELS)
    assert other["macro_f1_difference_interval"] != first["macro_f1_difference_interval"]


def test_order_of_texts_does_not_matter(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    new, old, truth = case
    assert comparison.paired(new, old, truth, LABELS) == comparison.paired(new[::-1], old[::-1], truth[::-1], LABELS)


def test_changing_sides_changes_signs(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    new, old, truth = case
    one, other = comparison.paired(new, old, truth, LABELS), comparison.paired(old, new, truth, LABELS)
    assert one["accuracy_difference"] == -other["accuracy_difference"]
    assert one["mcnemar_p"] == other["mcnemar_p"]


def test_a_model_is_no_better_than_itself(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    new, _, truth = case
    figures = comparison.paired(new, new, truth, LABELS)
    assert figures["mcnemar_p"] == 1
    assert figures["accuracy_difference_interval"] == figures["macro_f1_difference_interval"] == [0, 0]


def test_answers_for_other_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="3 and 2 predictions for 3 texts"):
        comparison.paired(np.array([0, 1, 1]), np.array([0, 1]), np.array([0, 1, 2]), LABELS)
    with pytest.raises(ValueError, match="0 texts"):
        comparison.paired(np.array([]), np.array([]), np.array([]), LABELS)
