"""What a raw text becomes before anything else looks at it, and the key under which two texts are the same one.

Training, serving, the API's examples and erasing have to agree. Markup is left alone: `<` and `>` may be text.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from functools import cache
from itertools import groupby

_UNESCAPES = 3  # &amp;amp;quot; and no deeper: feeds escape once or twice

# Only with its semicolon: "?id=1&copy=2" holds no copyright sign.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Controls that are no white space, soft hyphens, zero-width and directional marks, byte order marks inside the text.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
# Zero-width joiners are spelling between letters of Persian or Hindi and inside emoji; beside ASCII they are debris.
_JOINER = re.compile("[\u200c\u200d]")
_STRAY_JOINER = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])")


def normalised(raw: str) -> str:
    """Entities resolved, invisible characters removed, Unicode composed (NFC), white space collapsed."""
    if "&" in raw:
        for _ in range(_UNESCAPES):
            resolved = _ENTITY.sub(lambda found: html.unescape(found[0]), raw)
            if resolved == raw:
                break
            raw = resolved
    if not raw.isascii():
        raw = composed(_STRAY_JOINER.sub("", _INVISIBLE.sub("", raw)))
    elif not raw.isprintable():
        raw = _INVISIBLE.sub("", raw)
    return " ".join(raw.split())


def key(text: str) -> str:
    """A normalised text without case and joiners."""
    return _JOINER.sub("", text).casefold()


def text_id(text: str) -> str:
    """The SHA-256 of a normalised text's key, in hex."""
    return hashlib.sha256(key(text).encode("utf-8", "surrogatepass")).hexdigest()


def composed(raw: str) -> str:
    """NFC, in time linear in the text: CPython sorts the marks on one letter by insertion, however many there are."""
    if raw.isascii():
        return raw
    return unicodedata.normalize("NFC", _many_marks().sub(_in_order, raw))


def _in_order(found: re.Match[str]) -> str:
    """The marks on each letter in their canonical order, in which nothing is left to sort."""
    apart = (part for character in found[0] for part in unicodedata.normalize("NFD", character))
    runs = groupby(apart, key=lambda part: unicodedata.combining(part) > 0)
    return "".join("".join(sorted(run, key=unicodedata.combining)) for _, run in runs)


@cache
def _many_marks() -> re.Pattern[str]:
    # Marks, and above U+FFFF all characters, which a set of single ones would make slow to look for. Three vowel signs
    # of Tibetan are not marks themselves but become two.
    marks = [chr(code) for code in range(0x300, 0x10000) if unicodedata.combining(chr(code))]
    return re.compile(f"[{''.join(marks)}\u0f73\u0f75\u0f81\U00010000-\U0010ffff]{{32,}}")
