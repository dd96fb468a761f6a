"""The linear model as training fits it."""

from __future__ import annotations

import numpy as np
import pytest

from model_code.serving.linear import weights
from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError
from model_code.training.evaluation import linear_model, linear_terms

NEWS = (
    ("shares rise", "profit falls", "bank lends", "market climbs"),
    ("film opens", "actor stars", "song wins", "band plays"),
)


def rows(copies: int = 6, labels: str = "AB") -> list[Row]:
    return [
        Row(f"{text} again number{copy}", label, 1)
        for copy in range(copies)
        for label, texts in zip(labels, NEWS, strict=True)
        for text in texts
    ]


def test_it_learns_and_may_be_scaled() -> None:
    model = linear_model.fit(rows(), ["A", "B"])
    logits = model.logits(["film wins again", "bank shares again"])
    assert logits.argmax(axis=1).tolist() == [1, 0]
    assert logits[:, 0] == pytest.approx(-logits[:, 1], abs=0.01)  # of two labels, one is against the other
    scaled = linear_model.Scorer(model.scaled(3.0, encoder_scale=0.5))
    assert scaled.logits(["film wins"]) == pytest.approx(model.logits(["film wins"]) * 3, rel=5e-3)
    assert model.scaled(3.0, encoder_scale=0.5).encoder_scale == 0.5


@pytest.mark.parametrize("present", [("A",), ("A", "C"), ("A", "B", "C")])
def test_a_label_without_texts_is_never_the_answer(present: tuple[str, ...]) -> None:
    given = [Row(f"{label.lower()}word text{n}", label, 1) for n in range(8) for label in present]
    logits = linear_model.fit(given, ["A", "B", "C"]).logits(["aword", "bword", "cword", "zzz"])
    absent = [at for at, label in enumerate("ABC") if label not in present]
    assert logits.shape == (4, 3)
    assert not set(logits.argmax(axis=1)) & set(absent)


def test_a_fold_is_judged_as_new_texts_are() -> None:
    given = rows()
    inside = np.arange(0, len(given), 5)
    others = np.setdiff1d(np.arange(len(given)), inside)
    fits = linear_model.LinearFits(given, ["A", "B"])
    margins = fits.fitted(others).margins(inside)
    alone = linear_model.LinearFits([given[at] for at in others], ["A", "B"])
    again = alone.fitted(np.arange(len(others))).margins_of([given[at].text for at in inside])
    assert margins.shape == (len(linear_model.EQUAL), len(inside), 2)
    assert margins == pytest.approx(again)
    assert fits.model(others).logits([given[at].text for at in inside]) == pytest.approx(margins.sum(axis=0), abs=0.02)


def test_each_machine_counts_by_its_share() -> None:
    fits, every = linear_model.LinearFits(rows(), ["A", "B"]), np.arange(len(rows()))
    texts = ["film wins again", "bank shares again", "nothing known"]
    margins = fits.fitted(every).margins_of(texts)
    for at in range(len(linear_model.EQUAL)):
        shares = [float(each == at) * 2 for each in range(len(linear_model.EQUAL))]
        assert fits.model(every, shares).logits(texts) == pytest.approx(2 * margins[at], abs=0.02)


def test_terms_are_limited_and_a_term_of_one_text_is_left_out_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear_terms, "FEW_ROWS", 40)
    many = linear_model.fit([*rows(), Row("onlyonce", "A", 1)], ["A", "B"]).weights
    assert "onlyonce" not in many.words.terms
    assert "shares" in many.words.terms
    assert "onlyonce" in linear_model.fit([*rows(2), Row("onlyonce", "A", 1)], ["A", "B"]).weights.words.terms
    monkeypatch.setattr(weights, "MAX_NUMBERS", 120)
    few = linear_model.fit(rows(), ["A", "B"]).weights
    assert (len(few.words.terms) + len(few.pieces.terms)) * 2 <= 120


def test_texts_without_words_are_one_sentence() -> None:
    with pytest.raises(TrainingError, match="no training text has a word"):
        linear_model.fit([Row("", "A", 1), Row(" ", "B", 2)], ["A", "B"])
    assert linear_model.fit([Row("!", "A", 1), Row("?", "B", 2)], ["A", "B"]).weights.words.terms == ()
