"""Labels that look wrong, on generated headlines whose changed labels are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model_code.dataset_generator import generate_headlines
from model_code.training.data.rows import Row
from model_code.training.evaluation import confident_learning
from model_code.training.evaluation.confident_learning import judge

pytestmark = pytest.mark.filterwarnings("error")
LABELS = ["Business", "Entertainment", "Health", "Science"]


def clean(count: int, monkeypatch: pytest.MonkeyPatch) -> list[Row]:
    monkeypatch.setattr(generate_headlines, "STRAY", -1.0)
    made = generate_headlines.headlines(count, seed=6)
    return [Row(text=text, label=label, line=line) for line, (text, label) in enumerate(made, 2)]


def changed(rows: list[Row], every: int) -> tuple[list[Row], set[int]]:
    """Every so manieth row has the next label."""
    noisy = [
        replace(row, label=LABELS[(LABELS.index(row.label) + 1) % 4]) if index % every == 0 else row
        for index, row in enumerate(rows)
    ]
    return noisy, set(range(0, len(rows), every))


def test_changed_labels_are_named_first_and_counted(monkeypatch):
    noisy, wrong = changed(clean(600, monkeypatch), every=12)
    judged = judge(noisy, LABELS)
    named = [each.position for each in judged.suspects]
    assert len(wrong & set(named[: len(wrong)])) > 0.8 * len(wrong)
    assert 0.7 * len(wrong) <= judged.wrong <= 1.3 * len(wrong) and len(named) <= round(judged.wrong)
    low, high = judged.wrong_interval
    assert low < judged.wrong < high and low < len(wrong) < high
    first = judged.suspects[0]
    assert first.given == noisy[first.position].label and first.likely != first.given
    assert first.margin == pytest.approx(first.probability_likely - first.probability_given) and first.margin > 0.5


def test_right_labels_are_left_alone(monkeypatch):
    judged = judge(clean(400, monkeypatch), LABELS)
    assert judged.wrong <= 4 and len(judged.suspects) <= 4
    assert judged.wrong_interval[0] == 0 and judged.wrong_interval[1] > 3  # no suspect among 400 rows proves little


def test_the_second_look_finds_more_than_the_first_where_many_labels_are_wrong(monkeypatch):
    noisy, wrong = changed(clean(600, monkeypatch), every=4)
    judged = judge(noisy, LABELS)
    truth = [LABELS.index(row.label) for row in noisy]
    plain = judged.answers.probabilities[np.arange(len(noisy)), truth]
    once = set(np.argsort(plain)[: len(wrong)].tolist())
    twice = {each.position for each in judged.suspects[: len(wrong)]}
    assert len(wrong & twice) > len(wrong & once)


def test_the_confident_joint_as_in_the_paper():
    # Thresholds 0.7 (of 0.9, 0.9, 0.3) and 0.75 (of 0.8, 0.7): row 2 speaks for the other label, row 4 for none.
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.2, 0.8], [0.3, 0.7]])
    truth = np.array([0, 0, 0, 1, 1])
    cells = confident_learning._cells(probabilities, truth)
    assert np.divmod(cells, 3)[0].tolist() == truth.tolist() and np.divmod(cells, 3)[1].tolist() == [0, 0, 1, 1, 2]
    counts = np.bincount(cells, minlength=6)[None, :]
    assert confident_learning._wrong(counts, 2).tolist() == [pytest.approx(3 * 1 / 3)]


def test_a_label_that_cannot_be_judged_is_neither_named_nor_likely(monkeypatch):
    rows = clean(200, monkeypatch)
    odd = [Row(text=f"shares rise again {number}", label="Odd", line=900 + number, group="odd") for number in range(6)]
    judged = judge([*rows, *odd], [*LABELS[:3], "Odd", "Science"])
    assert "Odd" not in {each.given for each in judged.suspects} | {each.likely for each in judged.suspects}


def test_no_more_than_half_of_a_label_is_distrusted():
    probabilities = np.array([[0.1, 0.9]] * 6 + [[0.05, 0.95]] * 6)
    truth = np.array([0] * 6 + [1] * 6)
    assert confident_learning._doubted(probabilities, truth)[:6].sum() <= 3
