"""Which scripts texts are written in, by Unicode's script property (UAX 24)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import regex

# Of the scripts that divide no words by spaces (UAX 14: class SA, ideographs and kana).
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\u30FC\uFF70\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
UNSPACED_SHARE = 0.1  # of the letters, from which texts count as written so
# One character holds as much as a syllable or a word of an alphabet.
DENSE = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Hangul}\p{Yi}"
DENSE_NAMES = frozenset({"Han", "Hiragana", "Katakana", "Hangul"})
# The Unicode name of each script that has a name of its own; the rest is "other". Most used first.
NAMES = (
    "Latin", "Han", "Arabic", "Devanagari", "Cyrillic", "Bengali", "Hiragana", "Katakana", "Hangul", "Telugu", "Tamil",
    "Thai", "Gujarati", "Kannada", "Malayalam", "Gurmukhi", "Odia", "Sinhala", "Myanmar", "Khmer", "Lao", "Tibetan",
    "Ethiopic", "Hebrew", "Greek", "Armenian", "Georgian", "Mongolian", "Thaana", "Cherokee", "Tifinagh", "Nko",
)  # fmt: skip

_LETTER = regex.compile(r"\p{L}")
_UNSPACED_LETTER = regex.compile(rf"(?=\p{{L}})[{UNSPACED}]")
_SCRIPTS = {name: regex.compile(rf"\p{{Script={'Oriya' if name == 'Odia' else name}}}") for name in NAMES}


def letters(texts: Iterable[str]) -> Counter[str]:
    """How often each letter occurs."""
    characters = Counter[str]()
    for text in texts:
        characters.update(text)
    return Counter({each: count for each, count in characters.items() if _LETTER.match(each)})


def shares(texts: Iterable[str]) -> dict[str, float]:
    """The share of each script in the texts' letters, the largest first. Letters that all scripts use do not count."""
    counts = Counter[str]()
    for letter, count in letters(texts).items():
        counts[script(letter)] += count
    counts.pop("Common", None)
    total = counts.total()
    return {name: count / total for name, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))}


def script(letter: str) -> str:
    """A letter's script: one of NAMES, "Common" for those of several scripts, or "other"."""
    for name, pattern in _SCRIPTS.items():
        if pattern.match(letter):
            return name
    return "Common" if regex.match(r"\p{Script=Common}|\p{Script=Inherited}", letter) else "other"


def is_unspaced(texts: Iterable[str]) -> bool:
    """Whether the texts count as written without spaces between words."""
    return unspaced_share(texts) >= UNSPACED_SHARE


def unspaced_share(texts: Iterable[str]) -> float:
    """Of the texts' letters, those of scripts that divide no words by spaces; 0 without letters."""
    counts = letters(texts)
    unspaced = sum(count for letter, count in counts.items() if _UNSPACED_LETTER.match(letter))
    return unspaced / max(counts.total(), 1)
