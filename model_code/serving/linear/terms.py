"""The terms of a text that the linear model counts: its words, pairs of words, and the characters of each word.

They are those of scikit-learn's ``TfidfVectorizer`` with ``ngram_range=(1, 2)`` and with ``analyzer="char_wb"``,
``ngram_range=(2, 5)``, except that marks stay in words, as by UAX 29: words of Hindi, Thai or vowelled Arabic would
fall apart. Training and serving cut texts with these functions alone. Time is linear in the text.
"""

from __future__ import annotations

import re
from itertools import pairwise

from contracts.texts.words import marks

CHARACTERS = 10_000  # of a text that are read; the rest is cut off
SHORTEST, LONGEST = 2, 5  # characters of a piece of a word

_WORD = re.compile(rf"\w[\w{marks()}\u200c\u200d]+")


def words(text: str) -> list[str]:
    """Words of at least two letters, marks or digits, in lower case."""
    return _WORD.findall(text[:CHARACTERS].lower())


def words_and_pairs(text: str) -> list[str]:
    """The words, and each pair of neighbours."""
    single = words(text)
    return [*single, *map(" ".join, pairwise(single))]


def pieces(text: str) -> list[str]:
    """The pieces of each stretch without white space, in lower case."""
    return [piece for word in spaced(text) for piece in pieces_of(word)]


def spaced(text: str) -> list[str]:
    """What white space divides, in lower case."""
    return text[:CHARACTERS].lower().split()


def pieces_of(word: str) -> list[str]:
    """All runs of 2 to 5 characters of the word with a space before and after it."""
    padded = f" {word} "
    size = len(padded)
    return [
        padded[start : start + length]
        for length in range(SHORTEST, min(LONGEST, size) + 1)
        for start in range(size - length + 1)
    ]
