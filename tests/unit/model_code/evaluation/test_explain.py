"""The most confident mistakes, and the words that caused them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from contracts.models.evaluation import Mistake
from model_code.training.data.rows import Row
from model_code.training.evaluation import explain

LABELS = ["Business", "Science"]


class Weighed:
    """A classifier whose words have known weights: log odds of Science."""

    def __init__(self, **weights: float) -> None:
        self.weights, self.asked = weights, 0

    def predict(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += len(texts)
        odds = np.array([sum(self.weights.get(word, 0.0) for word in text.split()) for text in texts])
        science = 1 / (1 + np.exp(-odds))
        return np.stack([1 - science, science], axis=1)


def explained(classifier: Weighed, rows: list[Row], **options: int) -> list[Mistake]:
    return explain.mistakes(classifier, rows, classifier.predict([row.text for row in rows]), LABELS, **options)


def test_word_that_decided_is_found_with_its_influence() -> None:
    (mistake,) = explained(Weighed(telescope=3.0, bank=-1.0), [Row("bank buys telescope maker", "Business", 1)])
    assert mistake["predicted"] == "Science"
    assert mistake["truth"] == "Business"
    confidence = 1 / (1 + np.exp(-2.0))
    assert mistake["confidence"] == pytest.approx(confidence, abs=1e-4)
    assert mistake["probability_of_truth"] == pytest.approx(1 - confidence, abs=1e-4)
    influence = {each["word"]: each["influence"] for each in mistake["words"]}
    assert influence["telescope"] == pytest.approx(confidence - 1 / (1 + np.exp(1.0)), abs=1e-4)
    assert influence["bank"] == pytest.approx(confidence - 1 / (1 + np.exp(-3.0)), abs=1e-4)
    assert influence["maker"] == 0
    assert list(influence) == ["bank", "buys", "telescope", "maker"]


def test_a_text_without_spaces_is_divided_too() -> None:
    class Reads(Weighed):
        def predict(self, texts: Sequence[str]) -> np.ndarray:
            return super().predict([" ".join(text) for text in texts])

    (mistake,) = explained(Reads(星=3.0, 行=-1.0), [Row("银行买星,abc 公司", "Business", 1)])
    influence = {each["word"]: each["influence"] for each in mistake["words"]}
    assert list(influence) == ["银", "行", "买", "星", ",", "abc", "公", "司"]
    assert influence["星"] > 0.5 > 0 > influence["行"]


def test_surest_mistakes_come_first_and_right_answers_not_at_all() -> None:
    rows = [Row("a", "Business", 1), Row("b", "Business", 2), Row("c", "Science", 3), Row("d", "Business", 4)]
    classifier = Weighed(a=1.0, b=3.0, c=5.0, d=2.0)
    assert [each["text"] for each in explained(classifier, rows)] == ["b", "d", "a"]
    assert [each["text"] for each in explained(classifier, rows, count=1)] == ["b"]


def test_no_mistake_asks_nothing() -> None:
    classifier = Weighed(a=1.0)
    probabilities = classifier.predict(["a"])
    assert explain.mistakes(classifier, [Row("a", "Science", 1)], probabilities, LABELS) == []
    assert classifier.asked == 1


def test_long_texts_are_taken_apart_in_runs_at_bounded_cost() -> None:
    text = " ".join(["telescope" if index == 50 else f"word{index}" for index in range(300)])
    classifier = Weighed(telescope=2.0)
    rows = [Row(text, "Business", index) for index in range(30)]
    probabilities = classifier.predict([row.text for row in rows])
    classifier.asked = 0
    mistaken = explain.mistakes(classifier, rows, probabilities, LABELS)
    assert len(mistaken) == 20
    assert classifier.asked <= 20 * (explain.PARTS + 1)
    first = mistaken[0]["words"]
    assert sum(len(each["word"].split()) for each in first) == explain.WORDS
    assert max(first, key=lambda each: each["influence"])["word"].split()[2] == "telescope"


def test_words_beyond_the_limit_still_count() -> None:
    text = " ".join(["telescope", *["word"] * 200, "telescope"])
    (mistake,) = explained(Weighed(telescope=1.0), [Row(text, "Business", 1)])
    without_both = 1 / (1 + np.exp(-2.0)) - 0.5
    assert 0 < mistake["words"][0]["influence"] < without_both
