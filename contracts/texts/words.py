"""The words of a text, as training, the model's container and the search for drift count them alike.

Standard library only, and fast: the container cuts every text. Where a script has no spaces between words, pairs of
neighbouring characters stand for words. Time is linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import chain, pairwise

from contracts.texts import text_normalization

# Han, kana, Bopomofo, Thai, Lao, Myanmar and Khmer, with their marks: Unicode's blocks, and the two signs for
# repetition and for a long vowel that lie outside them.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303b"
    "\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U000323af"
)
_PLAIN = re.compile(r"\w+(?:'\w+)*")
# For ASCII: lower case, and a space for what is in no word.
_TO_WORDS = bytes(ord(each.lower()) if re.match(r"\w", each) else ord(" ") for each in map(chr, range(128))) + bytes(
    128
)
_RUN = re.compile(f"([{_UNSPACED}]+)")
_BEYOND = "\U00010000-\U0010ffff"


def words(text: str) -> list[str]:
    """The words of a normalised text in their order, without case: letters with their marks, and digits."""
    if text.isascii():
        return _PLAIN.findall(text.casefold())
    plain = text_normalization.key(text).replace("’", "'")
    if not _not_plain().search(plain):
        return _PLAIN.findall(plain)
    pattern = _with_marks(0x10FFFF if max(plain) > "\uffff" else 0xFFFF)
    found: list[str] = []
    for number, part in enumerate(_RUN.split(plain)):
        if number % 2:
            found += map("".join, pairwise(part)) if len(part) > 1 else [part]
        else:
            found += pattern.findall(part)
    return found


def encoded(text: str) -> list[bytes]:
    """The words in UTF-8, which for most texts in ASCII takes a third of the time."""
    if text.isascii() and "'" not in text:
        return text.encode().translate(_TO_WORDS).split()
    return [word.encode() for word in words(text)]


def marks(last: int = 0x10FFFF) -> str:
    """The inside of a pattern's brackets that matches the combining marks up to a code."""
    # Unicode has none between these blocks.
    codes = chain(range(0x300, min(last + 1, 0x1F000)), range(0xE0100, min(last + 1, 0xE01F0)))
    return _ranges([code for code in codes if unicodedata.category(chr(code))[0] == "M"])


@cache
def _not_plain() -> re.Pattern[str]:
    # Most texts have none of these, and a set of few ranges beyond U+FFFF is many times as fast to search for.
    return re.compile(f"[{marks(0xFFFF)}{_UNSPACED}{_BEYOND}]")


@cache
def _with_marks(last: int) -> re.Pattern[str]:
    # `\w` has no marks, without which words of Hindi or Arabic would fall apart.
    letter = rf"[\w{marks(last)}]"
    return re.compile(rf"{letter}+(?:'{letter}+)*")


def _ranges(codes: list[int]) -> str:
    """The inside of a pattern's brackets that matches these characters."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in runs)
