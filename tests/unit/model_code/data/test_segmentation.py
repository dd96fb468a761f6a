"""Words and terms in many scripts, and what of a text is compared."""

from __future__ import annotations

import pytest

from model_code.training.data import scripts, segmentation
from tests.linear_time import assert_linear


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It's covid-19: 3.14 points, aujourd’hui!", ["It's", "covid", "19", "3.14", "points", "aujourd’hui"]),
        ("नमस्ते दुनिया, क्या हाल है?", ["नमस्ते", "दुनिया", "क्या", "हाल", "है"]),
        ("வணக்கம் உலகம்", ["வணக்கம்", "உலகம்"]),
        ("قال الرَّئيسُ می‌خواهم", ["قال", "الرَّئيسُ", "می‌خواهم"]),
        ("שָׁלוֹם לעולם", ["שָׁלוֹם", "לעולם"]),
        ("안녕하세요 세계", ["안녕하세요", "세계"]),
        ("Καλημέρα κόσμε", ["Καλημέρα", "κόσμε"]),
        ("今天天气很好,abc股票", ["今天", "天天", "天气", "气很", "很好", "abc", "股票"]),
        ("東京でテスト。は", ["東京", "京で", "テスト", "は"]),
        ("ที่นี่ดี", ["ที่นี่", "นี่ดี"]),
        ("👨\u200d👩 !?… _", []),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert segmentation.words(text) == words


def test_terms_are_words_and_neighbours() -> None:
    assert segmentation.terms("big नमस्ते day") == ["big", "नमस्ते", "day", "big नमस्ते", "नमस्ते day"]
    assert segmentation.terms("奥运会 2026") == ["奥运", "运会", "2026", "奥运会", "运会 2026"]
    assert segmentation.terms("大") == ["大"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("big  day, today", ["big  ", "day, ", "today"]),
        ("股票 abc上涨, नमस्ते", ["股", "票 ", "abc", "上", "涨", ", ", "नमस्ते"]),
        ("ที่นี่ดี", ["ที่", "นี่", "ดี"]),
        ("", []),
    ],
)
def test_parts_make_up_the_text(text: str, parts: list[str]) -> None:
    assert segmentation.parts(text) == parts
    assert "".join(parts) == text


def test_what_is_compared_keeps_marks_and_doubles_what_is_a_syllable() -> None:
    assert segmentation.spoken("It's  covid-19!") == "It s covid 19"
    assert segmentation.spoken("नमस्ते, ที่นี่") == "नमस्ते ที่นี่"
    assert segmentation.spoken("股票A 한 あ") == "股股票票A 한한 ああ"
    assert segmentation.spoken("?! 🙂") == ""


@pytest.mark.parametrize("unit", ["a", "e\u0301", "\u0301", "天", "ก็", "🙂", "a ", "क्", "カ"])
def test_segmentation_is_linear(unit: str) -> None:
    assert_linear(lambda length: "e" + unit * length, segmentation.terms, size=2_000)


def test_scripts_are_named_with_their_shares() -> None:
    assert scripts.shares(["नमस्ते", "abc 5!"]) == {"Devanagari": 4 / 7, "Latin": 3 / 7}
    assert scripts.shares(["カー", "ꦗꦮ"]) == {"other": 2 / 3, "Katakana": 1 / 3}
    assert scripts.shares(["12 !?", ""]) == {}
    assert [scripts.script(letter) for letter in "aä中نहжกקאΩ한"] == [
        "Latin", "Latin", "Han", "Arabic", "Devanagari", "Cyrillic", "Thai", "Hebrew", "Hebrew", "Greek", "Hangul",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "share"), [("股票上涨", 1.0), ("ราคา", 1.0), ("क्या हाल", 0.0), ("안녕", 0.0), ("ab股票", 0.5), ("12", 0.0)]
)
def test_how_much_is_written_without_spaces(text: str, share: float) -> None:
    assert scripts.unspaced_share([text]) == pytest.approx(share)
