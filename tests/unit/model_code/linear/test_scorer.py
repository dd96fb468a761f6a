"""The scorer's logits are those of scikit-learn's transform and a product of matrices."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from contracts.texts import text_normalization
from model_code.serving.linear import scorer, terms
from model_code.serving.linear.scorer import Scorer
from model_code.serving.linear.weights import Block, Weights
from tests.unit.model_code.linear.artifacts import ODD

KNOWN = [*(text for text in ODD if text.strip()), "shares rise on trade news", "film opens to good reviews on trade"]


def block(vectorizer: TfidfVectorizer, random: np.random.Generator) -> Block:
    names = tuple(vectorizer.get_feature_names_out().tolist())
    coefficients = random.normal(size=(len(names), 3)).astype(np.float16)
    return Block(names, vectorizer.idf_.astype(np.float32), coefficients)


@pytest.fixture(scope="module")
def vectorizers() -> list[TfidfVectorizer]:
    made = [
        TfidfVectorizer(analyzer=terms.words_and_pairs, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    ]
    return [each.fit(KNOWN) for each in made]


@pytest.fixture(scope="module")
def weights(vectorizers: list[TfidfVectorizer]) -> Weights:
    random = np.random.default_rng(1)
    words, pieces = (block(each, random) for each in vectorizers)
    return Weights(words, pieces, random.normal(size=3))


def test_logits_are_scikit_learn_s(vectorizers: list[TfidfVectorizer], weights: Weights) -> None:
    texts = [*ODD, *map(text_normalization.normalised, ODD), "unseen words only qqqq", "trade trade trade news " * 40]
    matrix = hstack([each.transform(texts) for each in vectorizers])
    coefficients = np.vstack([weights.words.coefficients, weights.pieces.coefficients]).astype(np.float64)
    assert Scorer(weights).logits(texts) == pytest.approx(matrix @ coefficients + weights.bias, abs=1e-6)


def test_an_answer_depends_on_no_other_text_and_on_no_thread(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorer, "TEXTS", 7)
    monkeypatch.setattr(scorer, "CACHED_WORDS", 3)
    scores = Scorer(weights)
    alone = np.concatenate([scores.logits([text]) for text in ODD])
    assert (scores.logits(ODD) == alone).all()
    with ThreadPoolExecutor(4) as threads:
        assert all((each == alone).all() for each in threads.map(scores.logits, [ODD] * 8))
    assert scores.logits([]).shape == (0, 3)


def test_words_that_it_does_not_know_are_counted(weights: Weights) -> None:
    assert Scorer(weights).unknown_share(["trade news", "qqqq rise"]) == pytest.approx(1 / 4)
    assert Scorer(weights).unknown_share([""]) == 0
    assert {"trade", "reviews", "東京で新しい映画が公開された"} <= set(Scorer(weights).words())
