"""Tests contracts/texts/text_normalization.py: which texts count as the same."""

from __future__ import annotations

import html
import json
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.hostile import shapes
from contracts.texts import text_normalization
from contracts.texts.text_normalization import key, normalised
from tests.linear_time import assert_linear


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("plain", "plain"),
        ("  white \t space\n", "white space"),
        ("&amp;quot;twice&amp;quot; &#x41; &nbsp; &copy=2", '"twice" A &copy=2'),
        ("e\u0301 composed", "\u00e9 composed"),
        ("soft\u00adhyphen zero\u200bwidth \u202eright", "softhyphen zerowidth right"),
        ("bell\x07 and\x00 null", "bell and null"),
        (
            "\u200cstray a\u200db \u0646\u0645\u06cc\u200c\u062e\u0648\u0627",
            "stray ab \u0646\u0645\u06cc\u200c\u062e\u0648\u0627",
        ),
        ("<b>markup</b>", "<b>markup</b>"),
        ("I\x92ve \x93been\x94 \x96 5\x80\x85", "I\u2019ve \u201cbeen\u201d \u2013 5\u20ac\u2026"),
        ("I&#146;ve &#x93;been&#x94; &#150; 5&#128;&amp;#133;", "I\u2019ve \u201cbeen\u201d \u2013 5\u20ac\u2026"),
        ("no\x81 such\x8d\x8f\x90\x9d letter", "no such letter"),
        # A family and a health worker; a Bengali and a Marathi cluster: the joiner is part of the spelling.
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("\U0001f469\U0001f3fd\u200d\u2695\ufe0f", "\U0001f469\U0001f3fd\u200d\u2695\ufe0f"),
        ("\u09b0\u200d\u09cd\u09af\u09be\u09ac", "\u09b0\u200d\u09cd\u09af\u09be\u09ac"),
        ("\u0926\u0930\u094d\u200d\u092f\u093e", "\u0926\u0930\u094d\u200d\u092f\u093e"),
        ("", ""),
    ],
)
def test_known_cases(raw: str, text: str) -> None:
    assert normalised(raw) == text
    assert normalised(text) == text


def test_a_c1_character_is_read_as_its_entity_is() -> None:
    for code in range(0x80, 0xA0):
        assert normalised(f"a{chr(code)}b") == normalised(f"a&#{code};b") == normalised(f"a&amp;#x{code:x};b"), code
        assert key(normalised(chr(code))) == key(normalised(normalised(chr(code))))


def test_the_key_has_no_case_and_no_joiners() -> None:
    assert key("Stra\u00dfe") == key("STRASSE") == "strasse"
    assert key("\u0646\u0645\u06cc\u200c\u062e\u0648") == "\u0646\u0645\u06cc\u062e\u0648"
    assert text_normalization.text_id("A \ud800") == text_normalization.text_id("a \ud800")


def _step_by_step(raw: str) -> str:
    """The same without the short cuts for plain text."""
    for _ in range(text_normalization._UNESCAPES):
        raw = text_normalization._ENTITY.sub(lambda found: html.unescape(found[0]), raw)
    raw = "".join(html.unescape(f"&#{ord(each)};") if "\x80" <= each <= "\x9f" else each for each in raw)
    raw = text_normalization._STRAY_JOINER.sub("", text_normalization._INVISIBLE.sub("", raw))
    return " ".join(unicodedata.normalize("NFC", raw).split())


SPECIAL = "&;#x aA\u200c\u200d\u00ad\u0301\t<>\x07\x81\x85\x92"


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(SPECIAL))))
def test_short_cuts_change_nothing(text: str) -> None:
    assert normalised(text) == _step_by_step(text)


MARKS = "\u0300\u0301\u0316\u0327\u0344\u0345\u0f71\u0f72\u0f73\u0f75\u0f81\u302a\u3099\U0001d165\U0001e94a\u05b0"


@given(
    st.text(alphabet=st.one_of(st.sampled_from(MARKS), st.sampled_from("eA\u1100\u1161\U0001f600\u0915")), max_size=200)
)
def test_many_marks_are_composed_as_unicode_says(text: str) -> None:
    for marks in (text, text * 8):
        assert text_normalization.composed(marks) == unicodedata.normalize("NFC", marks)


def test_every_mark_that_there_is_is_looked_for() -> None:
    parts = (unicodedata.normalize("NFD", chr(code)) for code in range(0x300, 0x20000))
    marks = {part[0] for part in parts if len(part) and unicodedata.combining(part[0])}
    for mark in marks:
        assert text_normalization._long_run().fullmatch(mark * 32), hex(ord(mark))


def test_whatever_unicode_takes_apart_is_composed_as_it_says() -> None:
    """Alone, on a letter, many at once and among marks that must be sorted."""
    every = map(chr, (*range(0x80, 0xAC00), *range(0xD7A4, 0x20000), *range(0x2F800, 0x2FA20)))
    found = [each for each in every if unicodedata.combining(each) or unicodedata.decomposition(each)[:1] not in "<"]
    assert len(found) > 2_000
    for each in found:
        for text in (each, f"e{each}\u0316", each * 40, f"\u0301\u0316{each}" * 16, f"{each}\u0334\u0301\u0316" * 12):
            assert text_normalization.composed(text) == unicodedata.normalize("NFC", text), ascii(each)


def test_every_letter_that_is_taken_apart_for_good_is_looked_for() -> None:
    every = {chr(code): unicodedata.normalize("NFC", chr(code)) for code in range(0x80, 0x30000)}
    apart = {each for each, made in every.items() if len(made) > 1 and not unicodedata.combining(made[0])}
    finding, parts = text_normalization._decomposed_for_good()
    assert parts.keys() == apart
    assert all(finding.fullmatch(each) for each in apart)


def _cost(name: str) -> float:
    """The least processor time of several runs, for the longest text that is made of this."""
    text = json.loads(f'"{shapes.TEXTS[name]}"') * 2000
    found = []
    for _ in range(5):
        started = time.thread_time()
        text_normalization.text_id(normalised(text[:2000]))
        found.append(time.thread_time() - started)
    return min(found)


@pytest.mark.parametrize("name", shapes.TEXTS)
def test_no_text_costs_much_more_than_one_of_entities(name: str) -> None:
    # 2.5 times at most (measured); and once more if other work was in the way.
    assert any(_cost(name) < 4 * _cost("entities") for _ in range(3))


@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0f71\u0f72\u0f74", "\u0345\u0301\u0327"])
def test_many_marks_cost_no_more_each_than_few(marks: str) -> None:
    assert_linear(lambda size: (marks * size)[:size], normalised, size=2000)
