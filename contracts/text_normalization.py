"""What a raw text becomes before anything else looks at it, and the key under which two texts are the same one.

Training, serving, the API's examples and erasing have to agree. Markup is left alone: `<` and `>` may be text.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from functools import cache

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

# From so many marks on one letter on, CPython does not sort them alone; and how many characters it takes apart at once.
_LONG, _BLOCK = 32, 16
_LONG_MARKS = re.compile(rb"[^\0]{%d,}" % _LONG)  # in the marks' combining classes, a byte each


def normalised(raw: str) -> str:
    """Entities resolved, invisible characters removed, Unicode composed (NFC), white space collapsed."""
    if "&" in raw:
        for _ in range(_UNESCAPES):
            resolved = _ENTITY.sub(lambda found: html.unescape(found[0]), raw)
            if resolved == raw:
                break
            raw = resolved
    if not raw.isascii():
        raw = _INVISIBLE.sub("", raw)
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
    for_good, parts = _taken_apart()
    if for_good.search(raw):
        raw = "".join(map(parts.get, raw, raw))
    return unicodedata.normalize("NFC", _long_run().sub(_in_order, raw))


def _in_order(found: re.Match[str]) -> str:
    """The marks on each letter in their canonical order, in which nothing is left to sort.

    CPython sorts them in blocks, which are merged here: what Python does for each mark is what costs.
    """
    run = found[0]
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
    # Marks, and above U+FFFF all characters, which a set of single ones would make slow to look for. Three vowel signs
    # of Tibetan are not marks themselves but become two.
    marks = [chr(code) for code in range(0x300, 0x10000) if unicodedata.combining(chr(code))]
    return re.compile(f"[{''.join(marks)}\u0f73\u0f75\u0f81\U00010000-\U0010ffff]{{{_LONG},}}")


@cache
def _taken_apart() -> tuple[re.Pattern[str], dict[str, str]]:
    """What finds letters that NFC takes apart for good, and their parts, of which CPython is slow to compose nothing.

    Not the ideographs from U+2F800 on, which are one part each.
    """
    places = (*range(0x900, 0x3000), *range(0xFB00, 0x10000), *range(0x1D000, 0x1E000))  # of all there are
    apart = {chr(code): unicodedata.normalize("NFC", chr(code)) for code in places}
    parts = {each: made for each, made in apart.items() if len(made) > 1 and not unicodedata.combining(made[0])}
    return re.compile(f"[{''.join(parts)}]"), parts
