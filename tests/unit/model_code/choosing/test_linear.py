"""The linear model that serves: its machines weighed by answers to texts that none has seen, which calibrates it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from model_code.dataset_generator import generate_headlines
from model_code.training.choosing import linear
from model_code.training.data.rows import Row
from model_code.training.data.split import Split, split
from model_code.training.evaluation import evaluate

LABELS = sorted(generate_headlines.SHARES)


def parts(rows: int = 600) -> Split:
    made = generate_headlines.headlines(rows, seed=3)
    given = [Row(text, label, line) for line, (text, label) in enumerate(made, 2)]
    return split(given, valid_fraction=0.1, test_fraction=0.3, seed=1)


@pytest.mark.parametrize("enough", [linear.ENOUGH_VALID, 50])
def test_it_is_right_as_often_as_it_says(enough: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "ENOUGH_VALID", enough)
    given = parts()
    trained = linear.train(given, LABELS, seed=1)
    truth = evaluate.positions([row.label for row in given.test], LABELS)
    logits = trained.model.logits([row.text for row in given.test]) / trained.calibrated.temperature
    probabilities = softmax(logits, axis=1)
    right = probabilities.argmax(axis=1) == truth
    assert right.mean() > 0.85
    assert probabilities.max(axis=1).mean() == pytest.approx(right.mean(), abs=0.06)


def test_the_validation_texts_are_answered_unseen_and_then_learned_from() -> None:
    random = np.random.default_rng(0)
    rows = [Row("".join(random.choice(list("bcdfgh"), 12)), "AB"[n % 2], n) for n in range(80)]  # nothing to learn
    given = Split(rows[:50], rows[50:], rows[:1])
    trained = linear.train(given, ["A", "B"], seed=0)
    truth = np.array([row.label == "B" for row in given.valid])
    assert (trained.on_valid.argmax(axis=1) == truth).mean() < 0.85
    assert (trained.model.logits([row.text for row in given.valid]).argmax(axis=1) == truth).mean() == 1
    assert softmax(trained.on_valid, axis=1).max(axis=1).mean() < 0.85  # and does not say that it knows


def test_few_rows_of_many_labels_still_give_a_model() -> None:
    rows = [Row(f"word{label} text{n}", f"label {label}", n) for n in range(2) for label in range(6)]
    given = Split(rows[:6], rows[6:], rows[6:])
    trained = linear.train(given, [f"label {n}" for n in range(6)], seed=0)
    assert np.isfinite(trained.model.logits(["word3", "nothing"])).all()
    assert trained.model.logits(["word3"]).argmax() == 3
