"""Answers for rows that the model was not trained on."""

from __future__ import annotations

import random

import numpy as np
import pytest

from model_code.dataset_generator import generate_headlines
from model_code.training.data.rows import Row
from model_code.training.evaluation import linear_model, out_of_sample
from model_code.training.evaluation.out_of_sample import CrossValidation

LABELS = ["Business", "Entertainment", "Health", "Science"]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    made = generate_headlines.headlines(400, seed=2)
    return [Row(text=text, label=label, line=line, group=f"g{line // 3}") for line, (text, label) in enumerate(made)]


def test_no_row_is_answered_by_a_model_that_saw_its_group():
    # A code word of a group says nothing about the label of another group.
    chance = random.Random(1)
    codes = ["".join(chance.choices("bcdfghjklmnpqrstvwxz", k=12)) for _ in range(40)]
    rows = [
        Row(text=f"{codes[group]} {copy}", label=LABELS[group % 2], line=group * 4 + copy, group=f"g{group}")
        for group in range(40)
        for copy in range(4)
    ]
    answers = CrossValidation(rows, LABELS[:2]).answers()
    truth = np.array([LABELS.index(row.label) for row in rows])
    assert (answers.probabilities.argmax(axis=1) == truth).mean() < 0.8
    alone = [Row(text=row.text, label=row.label, line=row.line, group=f"{row.line}") for row in rows]
    assert (CrossValidation(alone, LABELS[:2]).answers().probabilities.argmax(axis=1) == truth).mean() > 0.95


def test_answers_are_probabilities_and_mostly_right(rows):
    answers = CrossValidation(rows, LABELS).answers(others=["Shares rise on bank profit", ""])
    truth = np.array([LABELS.index(row.label) for row in rows])
    assert answers.probabilities.shape == (400, 4) and answers.others.shape == (2, 4)
    assert np.allclose(answers.probabilities.sum(axis=1), 1) and np.allclose(answers.others.sum(axis=1), 1)
    right = answers.probabilities.argmax(axis=1) == truth
    assert right.mean() > 0.85 and LABELS[int(answers.others[0].argmax())] == "Business"
    assert abs(answers.probabilities.max(axis=1).mean() - right.mean()) < 0.08  # the factor makes them calibrated
    assert answers.known.all()


def test_a_label_in_one_group_is_not_known(rows):
    odd = [Row(text=f"odd one {number}", label="Odd", line=1000 + number, group="odd") for number in range(5)]
    answers = CrossValidation([*rows, *odd], [*LABELS, "Odd"]).answers()
    assert answers.known.tolist() == [True] * 4 + [False]


def test_only_trusted_rows_are_trained_on(rows):
    swapped = [
        Row(text=row.text, label="Health" if row.label == "Business" else row.label, line=row.line, group=row.group)
        for row in rows
    ]
    trusted = np.array([row.label != "Business" for row in rows])
    believed = CrossValidation(swapped, LABELS).answers().probabilities
    doubted = CrossValidation(swapped, LABELS).answers(trusted=trusted).probabilities
    health = LABELS.index("Health")
    assert doubted[~trusted, health].mean() < believed[~trusted, health].mean() / 2


def test_beyond_a_number_of_rows_the_rest_is_only_answered(rows, monkeypatch):
    monkeypatch.setattr(out_of_sample, "MAX_ROWS", 200)
    monkeypatch.setattr(out_of_sample, "AT_ONCE", 50)
    seen = []
    real = linear_model.LinearFits.fitted

    def counting(self: linear_model.LinearFits, trained: np.ndarray) -> linear_model.Fitted:
        seen.append(len(trained))
        return real(self, trained)

    monkeypatch.setattr(linear_model.LinearFits, "fitted", counting)
    answers = CrossValidation(rows, LABELS).answers()
    truth = np.array([LABELS.index(row.label) for row in rows])
    assert max(seen) < 260 and (answers.probabilities.argmax(axis=1) == truth).mean() > 0.8


@pytest.mark.parametrize("texts", [["!!!", "???", "...", "---"], ["a", "b", "a b", "b a"], ["", "", "x", "y"]])
def test_texts_without_words_are_answered(texts):
    rows = [Row(text=text, label=LABELS[line % 2], line=line, group=f"{line}") for line, text in enumerate(texts)]
    answers = CrossValidation(rows, LABELS[:2]).answers(others=["new", "!"])
    assert np.isfinite(answers.probabilities).all() and np.isfinite(answers.others).all()
