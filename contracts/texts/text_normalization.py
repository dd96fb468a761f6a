"""Normalisation of raw texts, and the key under which two texts count as the same.

Training, serving, the API's examples and `rubric erase` must agree on it. Markup stays: `<` and `>` may be text.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from functools import cache

_UNESCAPES = 3  # as deep as &amp;amp;quot;: feeds escape once or twice

# Only with its semicolon: "?id=1&copy=2" does not contain a copyright sign.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Controls other than white space, soft hyphens, zero-width and directional marks, byte order marks inside the text.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
# Windows-1252 that was decoded as Latin-1: HTML's table for character references says what these were meant to be
# (html.spec.whatwg.org, "numeric character reference end state"); the five that it leaves out stay controls.
_C1 = re.compile("[\x80-\x9f]")
_MEANT = {chr(code): html.unescape(f"&#{code};") for code in range(0x80, 0xA0)}
# Zero-width joiners matter between letters of Persian or Hindi and inside emoji; next to ASCII they are debris.
_JOINER = re.compile("[\u200c\u200d]")
_STRAY_JOINER = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])")

# From how many marks on one letter they are sorted here rather than by CPython; and how many characters it decomposes
# at once.
_LONG, _BLOCK = 32, 16
_LONG_MARKS = re.compile(rb"[^\0]{%d,}" % _LONG)  # in the marks' combining classes, a byte each


def normalised(raw: str) -> str:
    """Entities resolved, C1 controls read as Windows-1252, invisible characters removed, NFC, white space collapsed."""
    if "&" in raw:
        for _ in range(_UNESCAPES):
            resolved = _ENTITY.sub(lambda match: html.unescape(match[0]), raw)
            if resolved == raw:
                break
            raw = resolved
    if not raw.isascii():
        raw = _INVISIBLE.sub("", _C1.sub(lambda match: _MEANT[match[0]], raw))
        raw = composed(_STRAY_JOINER.sub("", raw) if _JOINER.search(raw) else raw)
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
    decomposing, parts = _decomposed_for_good()
    if decomposing.search(raw):
        raw = "".join(map(parts.get, raw, raw))
    return unicodedata.normalize("NFC", _long_run().sub(_in_order, raw))


def _in_order(match: re.Match[str]) -> str:
    """The marks on each letter in their canonical order, which leaves CPython nothing to sort.

    CPython sorts them in blocks, which are merged here: work in Python for each single mark would be slow.
    """
    run = match[0]
    if unicodedata.is_normalized("NFD", run):
        return run
    parts = "".join([unicodedata.normalize("NFD", run[at : at + _BLOCK]) for at in range(0, len(run), _BLOCK)])
    if unicodedata.is_normalized("NFD", parts):
        return run
    ordered, end = list[str](), 0
    for marks in _LONG_MARKS.finditer(bytes(map(unicodedata.combining, parts))):
        ordered += (parts[end : marks.start()], *sorted(parts[marks.start() : marks.end()], key=unicodedata.combining))
        end = marks.end()
    return unicodedata.normalize("NFD", "".join(ordered) + parts[end:])


@cache
def _long_run() -> re.Pattern[str]:
    # Marks, and all characters above U+FFFF, because a set of single ones would be slow to search for. Three Tibetan
    # vowel signs are not marks themselves but decompose into two.
    marks = [chr(code) for code in range(0x300, 0x10000) if unicodedata.combining(chr(code))]
    return re.compile(f"[{''.join(marks)}\u0f73\u0f75\u0f81\U00010000-\U0010ffff]{{{_LONG},}}")


@cache
def _decomposed_for_good() -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern of the letters that NFC decomposes for good, which CPython does slowly, and their parts.

    Without the ideographs from U+2F800 on, which are one part each.
    """
    codes = (*range(0x900, 0x3000), *range(0xFB00, 0x10000), *range(0x1D000, 0x1E000))  # all such letters are in these
    composed_forms = {chr(code): unicodedata.normalize("NFC", chr(code)) for code in codes}
    parts = {
        each: form for each, form in composed_forms.items() if len(form) > 1 and not unicodedata.combining(form[0])
    }
    return re.compile(f"[{''.join(parts)}]"), parts
