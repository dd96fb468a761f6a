"""The words that training, the model's container and the search for drift count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.texts import text_normalization
from contracts.texts.words import encoded, words
from tests.linear_time import assert_linear


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fed's Yellen: 5.3% growth isn't 'enough'", ["fed's", "yellen", "5", "3", "growth", "isn't", "enough"]),
        ("Fed’s STRAẞE", ["fed's", "strasse"]),
        ("Цены на хлеб выросли", ["цены", "на", "хлеб", "выросли"]),
        ("आज की ताज़ा ख़बर", ["आज", "की", "ताज़ा", "ख़बर"]),
        ("أسعارُ النفط", ["أسعارُ", "النفط"]),
        ("東京でAI映画", ["東京", "京で", "ai", "映画"]),
        ("金 falls", ["金", "falls"]),
        ("ราคา", ["รา", "าค", "คา"]),
        ("🎬🏆 win", ["win"]),
        ("\U00010400bc \U00011103\U00011127", ["\U00010428bc", "\U00011103\U00011127"]),  # a mark of Chakma
        ("?! …", []),
        ("", []),
    ],
)
def test_words_are_letters_with_their_marks_and_digits(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text())
def test_no_word_is_empty_or_has_white_space_or_case(raw: str) -> None:
    found = words(text_normalization.normalised(raw))
    assert all(word and not any(map(str.isspace, word)) and word == word.casefold() for word in found)


@given(st.text() | st.text(alphabet=[chr(code) for code in range(128)]) | st.text(alphabet="aB'_9 ’é"))
def test_encoded_words_are_the_same_words(raw: str) -> None:
    text = text_normalization.normalised(raw)
    assert encoded(text) == [word.encode() for word in words(text)]


@given(st.lists(st.text(alphabet="abcXYZ'09é東京", min_size=1)))
def test_white_space_divides_words(parts: list[str]) -> None:
    assert words(" ".join(parts)) == [word for part in parts for word in words(part)]


@pytest.mark.parametrize("unit", ["a'", "é'", "東", "a東", "ก\u0e31", "\U00011103'"])
def test_takes_linear_time(unit: str) -> None:
    assert_linear(lambda size: unit * size, words, size=5_000)
