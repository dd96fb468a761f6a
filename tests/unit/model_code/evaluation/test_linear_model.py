"""The linear model as training fits it."""

from __future__ import annotations

import numpy as np
import pytest

from model_code.serving.linear import weights
from model_code.training.data import folds
from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError
from model_code.training.evaluation import linear_model

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


def test_each_text_is_judged_by_a_model_that_has_not_seen_its_part() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(2, size=60)  # nothing to learn but by heart
    given = [Row("".join(random.choice(list("bcdfgh"), 12)), "AB"[each], 1) for each in truth]
    model = linear_model.fit(given, ["A", "B"])
    assert (model.logits([row.text for row in given]).argmax(axis=1) == truth).mean() == 1
    logits = linear_model.cross_fitted(model, given, ["A", "B"], folds.of(given, seed=0))
    assert (logits.argmax(axis=1) == truth).mean() < 0.8
    learnt = rows()
    logits = linear_model.cross_fitted(
        linear_model.fit(learnt, ["A", "B"]), learnt, ["A", "B"], folds.of(learnt, seed=0)
    )
    assert (logits.argmax(axis=1) == [row.label == "B" for row in learnt]).mean() > 0.9


def test_terms_are_limited_and_a_term_of_one_text_is_left_out_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear_model, "FEW_ROWS", 40)
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
