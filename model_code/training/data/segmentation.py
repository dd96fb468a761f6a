"""Words of a text in any script, by Unicode's default word boundaries (UAX 29), which the regex package knows.

Where a script has no spaces between words these boundaries are of no use, and pairs of neighbouring characters stand
for words (a character with its marks counts as one). A run of Katakana is a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

import regex

from model_code.training.data import scripts

_WORD = regex.compile(r"(?w)\b[\p{L}\p{M}\p{N}].*?\b")
_BOUNDARY = regex.compile(r"(?w)\b")
_SPACED = regex.compile(r"\s*\S+\s*")
_UNSPACED = regex.compile(rf"[{scripts.UNSPACED}--\p{{Katakana}}]", regex.V1)
_DENSE = regex.compile(rf"[{scripts.DENSE}]")
_NOT_SPOKEN = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


def words(text: str) -> list[str]:
    """The text's words as they stand, with the pairs of characters of scripts without spaces. No punctuation."""
    if text.isascii() or not _UNSPACED.search(text):
        return list(_WORD.findall(text))
    return [word for run in _runs(text) for word in _joined(run, 2)]


def terms(text: str) -> list[str]:
    """The text's words and its pairs of neighbouring words, which in scripts without spaces are three characters."""
    if text.isascii() or not _UNSPACED.search(text):
        found = _WORD.findall(text)
        return [*found, *map(" ".join, pairwise(found))]
    runs = [_joined(run, 2) for run in _runs(text)]
    return [
        *(word for run in runs for word in run),
        *(three for run in _runs(text) if len(run) > 2 for three in _joined(run, 3)),
        *(f"{left[-1]} {right[0]}" for left, right in pairwise(runs)),
    ]


def parts(text: str) -> list[str]:
    """The text, cut after each white space and between characters of what has no spaces; together they are the text."""
    spaced: list[str] = _SPACED.findall(text)
    if text.isascii() or not _UNSPACED.search(text):
        return spaced
    return [part for each in spaced for part in (_cut(each) if _UNSPACED.search(each) else [each])]


def spoken(text: str) -> str:
    """Only letters with their marks and digits, with single spaces between them.

    A character that is a syllable or a word (an ideograph, kana, Hangul) stands twice: it says as much as two letters.
    """
    plain: str = _NOT_SPOKEN.sub(" ", text).strip()
    return plain if plain.isascii() else str(_DENSE.sub(r"\g<0>\g<0>", plain))


def _runs(text: str) -> Iterator[list[str]]:
    """Each word alone, and the characters of each stretch without spaces together."""
    end = stretch = 0
    found = list[tuple[int, str]]()
    for match in _WORD.finditer(text):
        unspaced = bool(_UNSPACED.match(match[0]))
        if not unspaced or match.start() != end:
            stretch += 1
        end = match.end() if unspaced else -1
        found.append((stretch, match[0]))
    for _, run in groupby(found, key=lambda each: each[0]):
        yield [word for _, word in run]


def _cut(piece: str) -> list[str]:
    word = piece.rstrip()
    found: list[str] = [part for part in _BOUNDARY.split(word) if part]
    return [*found[:-1], found[-1] + piece[len(word) :]]


def _joined(run: list[str], count: int) -> list[str]:
    """Each ``count`` neighbours as one, or all of them if they are fewer."""
    return ["".join(run[at : at + count]) for at in range(max(len(run) - count + 1, 1))]
