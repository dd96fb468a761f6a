"""The words of a text alone, by which near duplicates are found."""

from __future__ import annotations

import re

from contracts.text_normalization import key

_NOT_WORD = re.compile(r"[\W_]+")


def words(normalised: str) -> str:
    """The letters and digits alone, lower case, one space between words; the key where there are none (``!!!``)."""
    folded = key(normalised)
    return _NOT_WORD.sub(" ", folded).strip() or folded
