"""An output with a user's words is ASCII, and the words come back."""

from __future__ import annotations

import pytest

from contracts.deployment import stack_outputs


@pytest.mark.parametrize("text", ["s3://b/Büro & Texte 100%.zip", "體育%20/a+b", "~!*'();:@&=$,?#[]\"\\", ""])
def test_words_come_back_from_ascii(text: str) -> None:
    written = stack_outputs.in_ascii(text)
    assert written.isascii() and stack_outputs.as_written(written) == text


def test_what_is_ascii_stays_even_a_token_of_the_cdk() -> None:
    text = "s3://${Token[TOKEN.12]}/datasets/a b/news_1-2.csv"
    assert stack_outputs.in_ascii(text) == text
