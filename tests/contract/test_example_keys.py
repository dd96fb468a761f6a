"""The API and the training agree on which texts are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_src.examples import normalize
from model_code.training.data import normalize as training

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


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("&;#x aA\u200c\u200d\u00ad\u0301\t<>"))))
def test_any_text(text: str) -> None:
    assert normalize.key(normalize.normalised(text)) == training.key(training.text(text))
