"""A text's terms are scikit-learn's, for every script, in linear time."""

from __future__ import annotations

import time

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from model_code.serving.linear import terms
from tests.unit.model_code.linear.artifacts import ODD

WORDS = TfidfVectorizer(ngram_range=(1, 2)).build_analyzer()
PIECES = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()


@pytest.mark.parametrize("text", ODD)
def test_they_are_those_of_scikit_learn(text: str) -> None:
    assert sorted(terms.words_and_pairs(text)) == sorted(WORDS(text))
    assert sorted(terms.pieces(text)) == sorted(PIECES(text))


def test_no_more_of_a_text_is_read_than_the_limit() -> None:
    long = "b" * terms.CHARACTERS
    assert terms.words(f"{long} end") == [long]
    assert terms.spaced(f"{long}tail") == [long]


@pytest.mark.parametrize("text", ["word " * 200_000, "a" * 1_000_000, "a b" * 300_000])
def test_a_huge_text_costs_no_more_than_the_limit(text: str) -> None:
    started = time.process_time()
    terms.words_and_pairs(text)
    terms.pieces(text)
    assert time.process_time() - started < 1
