"""Figures of merit with their intervals; the approved model and the baseline beside the new one."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_code.serving.classifier import Classifier
from model_code.training.data.rows import Row
from model_code.training.evaluation import evaluate, intervals, linear
from tests.unit.model_code.conftest import Job

LABELS = ["A", "B"]


@pytest.mark.parametrize(
    ("hits", "total", "expected"),
    [(8, 10, [0.4902, 0.9433]), (0, 20, [0.0, 0.1611]), (20, 20, [0.8389, 1.0]), (0, 0, [0.0, 1.0])],
)
def test_wilson_interval(hits: int, total: int, expected: list[float]) -> None:
    assert intervals.wilson(hits, total) == pytest.approx(expected, abs=1e-4)


def test_f1_interval_covers_the_truth_as_often_as_it_says() -> None:
    shares = np.array([0.3, 0.05, 0.05, 0.6])  # hits, false positives, false negatives, the rest
    true = 2 * 0.3 / (2 * 0.3 + 0.1)
    inside = 0
    for hits, wrong, missed, _ in np.random.default_rng(0).multinomial(120, shares, size=2000):
        low, high = intervals.f1(hits, wrong + missed)
        inside += low <= true <= high
    assert 0.93 <= inside / 2000 <= 0.97


def test_f1_without_a_mistake_is_not_certain() -> None:
    low, high = intervals.f1(5, 0)
    assert high == pytest.approx(1)
    assert low < 0.8


def test_macro_f1_interval_narrows_with_texts_and_holds_the_figure() -> None:
    confusion = np.array([[40, 3, 2], [4, 30, 1], [0, 5, 15]])
    few, many = intervals.macro_f1(confusion), intervals.macro_f1(confusion * 100)
    f1 = [2 * confusion[i, i] / (confusion[i].sum() + confusion[:, i].sum()) for i in range(3)]
    assert few[0] < many[0] < np.mean(f1) < many[1] < few[1]
    assert many[1] - many[0] == pytest.approx((few[1] - few[0]) / 10, rel=0.2)
    assert few == intervals.macro_f1(confusion)
    assert intervals.macro_f1(np.zeros((3, 3))) == [0.0, 1.0]


@pytest.mark.parametrize(
    "confusion", [np.eye(20), np.eye(2) * 2, np.array([[0, 1], [1, 0]]), np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]])]
)
def test_macro_f1_of_few_texts_lies_in_an_interval_that_is_no_point(confusion: np.ndarray) -> None:
    tested = [index for index in range(len(confusion)) if confusion[index].sum()]
    f1 = np.mean([2 * confusion[i, i] / (confusion[i].sum() + confusion[:, i].sum()) for i in tested])
    low, high = intervals.macro_f1(confusion)
    assert 0 <= low <= f1 <= high <= 1 and high - low > 0.2


def test_a_label_without_test_texts_does_not_count_as_nought() -> None:
    figures = evaluate.measure(np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]]), ["a", "b"], ["a", "b", "c"])
    assert figures["macro_f1"] == 1.0 and figures["per_class"]["c"]["support"] == 0
    assert figures["per_class"]["c"]["recall_interval"] == [0.0, 1.0]


def test_the_interval_of_a_difference_stays_within_its_bounds() -> None:
    low, high = intervals.difference((1.0, 2), (0.0, 2))
    assert low < 0.3 and high == 1.0
    assert intervals.difference((0.0, 3), (1.0, 3))[0] == -1.0
    low, high = intervals.difference((0.9, 1000), (0.8, 1000))
    assert low == pytest.approx(0.1 - 1.96 * 0.01581, abs=0.001) and high == pytest.approx(0.1 + 0.031, abs=0.001)


def test_many_classes_are_resampled_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    confusion = np.diag([20, 30, 40]) + 2
    whole = intervals.macro_f1(confusion)
    monkeypatch.setattr(intervals, "_CELLS", 9 * 300)
    assert len(intervals.resamples(confusion.ravel(), seed=0)) == 7
    assert intervals.macro_f1(confusion) == whole


def test_measured_figures_lie_in_their_intervals() -> None:
    chance = np.random.default_rng(1)
    probabilities = chance.dirichlet([1, 1], size=200)
    truth = [LABELS[index] for index in np.where(chance.random(200) < 0.8, probabilities.argmax(axis=1), 0)]
    figures: dict[str, Any] = {**evaluate.measure(probabilities, truth, LABELS)}
    assert figures["confidence_level"] == 0.95
    for name in ("accuracy", "macro_f1"):
        low, high = figures[f"{name}_interval"]
        assert low < figures[name] < high
    for each in figures["per_class"].values():
        for name in ("precision", "recall", "f1"):
            low, high = each[f"{name}_interval"]
            assert 0 <= low <= each[name] <= high <= 1


def test_baseline_is_compared_text_by_text() -> None:
    rows = [Row(f"{'shares' if i % 2 else 'film'} number {i}", LABELS[i % 2], i) for i in range(60)]
    truth = np.array([i % 2 for i in range(40, 60)])
    figures = linear.baseline(rows[:40], rows[40:], LABELS, predicted=1 - truth)
    assert figures["accuracy"] == 1
    compared = figures["comparison"]
    assert compared is not None
    assert compared["only_old_right"] == 20
    assert compared["accuracy_difference"] == -1
    assert linear.baseline(rows[:40], rows[40:], LABELS)["comparison"] is None


def test_approved_model_is_compared_whatever_the_order_of_its_labels(trained: Job, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        tar.add(trained.model, ".")
    rows = [
        Row("Fed keeps interest rates unchanged", "Business", 1),
        Row("NASA ready mission to Mars", "Science", 2),
        Row("Singer opens film festival", "Health", 3),
    ]
    approved = Classifier(trained.model)
    labels = [*approved.labels[2:], *approved.labels[:2]]
    answers = approved.predict([row.text for row in rows]).argmax(axis=1)
    same = np.array([labels.index(approved.labels[index]) for index in answers])
    figures = evaluate.champion(tmp_path, rows, labels, predicted=same)
    assert figures["comparable"]
    compared, accuracy = figures["comparison"], figures["accuracy"]
    assert compared is not None and accuracy is not None
    assert compared["only_new_right"] == compared["only_old_right"] == 0
    assert compared["mcnemar_p"] == 1
    wrong = np.array([(labels.index(row.label) + 1) % len(labels) for row in rows])
    worse = evaluate.champion(tmp_path, rows, labels, predicted=wrong)
    assert worse["comparison"] is not None
    assert worse["comparison"]["accuracy_difference"] == pytest.approx(-accuracy)
    assert worse["accuracy"] == accuracy
