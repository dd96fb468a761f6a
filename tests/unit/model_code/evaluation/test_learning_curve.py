"""How good a model is with few labels, and how many more would help."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from model_code.training.data.rows import Row
from model_code.training.evaluation import learning_curve
from model_code.training.evaluation.learning_curve import measure, sentences, untested


def made(each: int, labels: int, seed: int = 1) -> tuple[list[Row], list[str]]:
    """Rows of two words of their label's and four words of any label's."""
    chance = random.Random(seed)
    names = [f"class {number}" for number in range(labels)]

    def words(kind: str, count: int) -> list[str]:
        return [f"{kind}{chance.choice('bdfgklmnprst')}{chance.choice('aeiou')}" for _ in range(count)]

    rows = [
        Row(text=" ".join(words(f"q{chr(97 + place)}", 2) + words("zu", 4)) + f" {number}", label=name, line=number)
        for place, name in enumerate(names)
        for number in range(each)
    ]
    return rows, names


def curve_of(each: int, labels: int) -> dict[str, Any]:
    curve = measure(*made(each, labels))
    assert curve
    return curve


@pytest.mark.parametrize(("each", "labels"), [(4, 2), (8, 2), (16, 5), (8, 20)])
def test_the_curve_of_few_labels(each, labels):
    curve = curve_of(each, labels)
    rows, names = made(each, labels)
    assert curve == measure(rows[::-1], names)
    assert curve["rows"] == each * labels and curve["rows_per_label"] == each == curve["fewest_rows_of_a_label"]
    sizes = [point["train_rows"] for point in curve["points"]]
    assert sizes == sorted(sizes) and sizes[-1] == pytest.approx(0.8 * each * labels, abs=labels)
    for point in (*curve["points"], curve["doubled"]):
        assert 0 <= point["interval"][0] <= point["accuracy"] <= point["interval"][1] <= 1
    assert curve["doubled"]["accuracy"] >= curve["points"][-1]["accuracy"]


def test_more_rows_make_the_figure_better_and_surer():
    few, many = (curve_of(each, 5)["points"][-1] for each in (8, 64))
    assert many["accuracy"] > few["accuracy"]
    assert np.ptp(many["interval"]) < 0.5 * np.ptp(few["interval"])


def test_enough_rows_or_too_many_have_no_curve(monkeypatch):
    assert measure(*made(learning_curve.FEW_PER_LABEL, 2)) is None
    monkeypatch.setattr(learning_curve, "MAX_ROWS", 50)
    assert measure(*made(16, 5)) is None and sentences(None, test_texts=3) == []


def test_the_trend_of_an_error_that_halves_with_four_times_the_rows():
    rows = 100_000
    trend = learning_curve._trend(
        np.array([60_000, 71_716, 80_000]), np.array([100.0, 200.0, 400.0]), rows, 500, seed=0
    )
    assert trend["doubled"]["accuracy"] == pytest.approx(1 - 0.2 / 2**0.5, abs=0.001)
    assert trend["rows_to_halve_errors"] == pytest.approx(2000, rel=0.02)
    low, high = trend["doubled"]["interval"]
    assert 0.855 < low < 0.8586 < high < 0.862


def test_a_flat_curve_promises_nothing():
    trend = learning_curve._trend(np.array([50, 48, 49]), np.array([20.0, 40.0, 80.0]), 100, 25, seed=0)
    assert trend["doubled"]["accuracy"] == pytest.approx(0.49) and trend["rows_to_halve_errors"] is None


def test_the_sentences_have_the_figures():
    curve = curve_of(8, 2)
    written = sentences(curve, test_texts=2)
    assert "8 rows for a typical label, 8 for the smallest" in written[0] and "95 % interval" in written[0]
    assert written[1].startswith("2 test texts measure the model itself only roughly")
    assert "twice as many labelled rows would give it about" in written[2]
    assert len(sentences(curve, test_texts=100)) == 2
    halved = {**curve, "rows_to_halve_errors": 1234}
    assert "about 1,234 rows for each label half the errors" in sentences(halved)[-1]


def test_labels_without_test_texts_are_named():
    assert untested([]) == []
    assert "the label a, b, c, d, e and 2 more: how well" in untested(list("abcdefg"))[0]
