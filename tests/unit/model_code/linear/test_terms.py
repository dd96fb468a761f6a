"""A text's terms are scikit-learn's, for every script, in linear time."""

from __future__ import annotations

import sys
import time
import unicodedata

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from model_code.serving.linear import terms
from tests.unit.model_code.linear.artifacts import ODD

WORDS = TfidfVectorizer(ngram_range=(1, 2)).build_analyzer()
PIECES = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()


@pytest.mark.parametrize("text", ODD)
def test_they_are_those_of_scikit_learn(text: str) -> None:
    without_marks = "".join(each for each in text.lower() if unicodedata.category(each)[0] != "M" and each != "\u200d")
    assert sorted(terms.words_and_pairs(without_marks)) == sorted(WORDS(without_marks))
    assert sorted(terms.pieces(text)) == sorted(PIECES(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("हिन्दी में समाचार", ["हिन्दी", "में", "समाचार"]),
        ("ராக்கெட் செய்திகள்", ["ராக்கெட்", "செய்திகள்"]),
        ("النفط تَرْتَفِعُ", ["النفط", "تَرْتَفِعُ"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("e\u0301te\u0301 a\u0301 \u0301x", ["e\u0301te\u0301", "a\u0301"]),
    ],
)
def test_marks_stay_in_their_words(text: str, words: list[str]) -> None:
    assert terms.words(text) == words


def test_every_mark_of_unicode_is_one() -> None:
    marks = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code))[0] == "M"]
    assert terms.words(f"a{''.join(marks)}") == [f"a{''.join(marks)}".lower()]


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
