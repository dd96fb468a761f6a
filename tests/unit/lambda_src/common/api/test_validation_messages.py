"""Messages show names as their authors wrote them, without characters that nobody could see."""

from __future__ import annotations

import pytest

from lambda_src.common.api.validation_messages import printable


@pytest.mark.parametrize("name", ['R&D / "Science"', "Деньги, «деловые»", "体育 ⚽️", "می‌خواهم", "C:\\temp $HOME `x`"])
def test_a_name_of_any_script_is_shown_as_it_is(name: str) -> None:
    assert printable(name) == name


def test_what_nobody_sees_is_escaped_and_a_long_name_is_cut_between_characters() -> None:
    assert printable("a\x7f\0\n\u202eb\ud800") == "a\\u007f\\u0000\\n\\u202eb\\ud800"
    assert printable("体" * 60) == "体" * 60
    assert printable("体" * 61) == "体" * 60 + "…"
