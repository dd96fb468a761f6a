"""The API, the training and an erasure agree on which texts are the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_src.common import normalize
from model_code.serving import normalize as serving
from model_code.training.data import normalize as training
from ops.erase import normalize as erasing
from tests.linear import assert_linear

TEXTS = [
    "plain",
    "  white \t space\n",
    "&amp;quot;twice&amp;quot; &#x41; &nbsp; &copy=2",
    "e\u0301 composed",
    "soft\u00adhyphen zero\u200bwidth \u202eright",
    "\u200cstray a\u200db \u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Stra\u00dfe STRASSE",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_known_cases(text: str) -> None:
    assert normalize.normalised(text) == training.text(text)
    assert normalize.key(normalize.normalised(text)) == training.key(training.text(text))
    assert erasing.text_id(erasing.normalised(text)) == normalize.text_id(normalize.normalised(text))


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("&;#x aA\u200c\u200d\u00ad\u0301\t<>"))))
def test_any_text(text: str) -> None:
    assert normalize.key(normalize.normalised(text)) == training.key(training.text(text))
    assert erasing.key(erasing.normalised(text)) == normalize.key(normalize.normalised(text))


MARKS = "\u0300\u0301\u0316\u0327\u0344\u0345\u0f71\u0f72\u0f73\u0f75\u0f81\u302a\u3099\U0001d165\U0001e94a\u05b0"


@given(
    st.text(alphabet=st.one_of(st.sampled_from(MARKS), st.sampled_from("eA\u1100\u1161\U0001f600\u0915")), max_size=200)
)
def test_many_marks_are_composed_as_unicode_says(text: str) -> None:
    for marks in (text, text * 8):
        assert normalize.composed(marks) == serving.composed(marks) == unicodedata.normalize("NFC", marks)


def test_every_mark_that_there_is_is_looked_for() -> None:
    parts = (unicodedata.normalize("NFD", chr(code)) for code in range(0x300, 0x20000))
    marks = {part[0] for part in parts if len(part) and unicodedata.combining(part[0])}
    for mark in marks:
        assert serving._many_marks().fullmatch(mark * 32), hex(ord(mark))


@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0f71\u0f72\u0f74", "\u0345\u0301\u0327"])
@pytest.mark.parametrize("normalised", [normalize.normalised, serving.text])
def test_many_marks_cost_no_more_each_than_few(normalised: Callable[[str], str], marks: str) -> None:
    assert_linear(lambda size: (marks * size)[:size], normalised, size=2000)
