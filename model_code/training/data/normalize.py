"""The normalised text, which serving shares, and the keys under which texts count as equal."""

from __future__ import annotations

import re

from model_code.serving.normalize import text

__all__ = ["key", "text", "words"]

_JOINER = re.compile("[\u200c\u200d]")
_NOT_WORD = re.compile(r"[\W_]+")


def key(normalised: str) -> str:
    """Equal keys: the same text but for case and joiners."""
    return _JOINER.sub("", normalised).casefold()


def words(normalised: str) -> str:
    """The letters and digits alone, lower case, one space between words; the key where there are none (``!!!``)."""
    folded = key(normalised)
    return _NOT_WORD.sub(" ", folded).strip() or folded
