"""A grammar of JSON bodies of any size: their filler, its place in a request, and the fault and its place.

Every body is `around` + filler + `around`: the filler repeats one shape's unit, with a fault in place of one unit. The
faults are those that a parser, a validator or an error message meets; none targets a flaw in other software.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

PLACES = ("front", "middle", "end")
LARGEST = 1024 * 1024


@dataclass(frozen=True)
class Shape:
    """The filler of a body: a repeated text, or one for each number. keyed: whether it is an object's member."""

    name: str
    opening: str
    unit: str | Callable[[int], str]
    closing: str
    joint: str = ","
    keyed: bool = False

    def count(self, size: int) -> int:
        """How many units fit into `size` bytes, each with the joint after it."""
        if isinstance(self.unit, str):
            return max(0, size) // (len(_bytes(self.unit)) + len(self.joint))
        return max(0, bisect.bisect_right(_numbered(self.unit, self.joint).bounds, size) - 1)

    def text(self, start: int, stop: int) -> str:
        """These units, each with the joint after it."""
        if isinstance(self.unit, str):
            return (self.unit + self.joint) * (stop - start)
        made = _numbered(self.unit, self.joint)
        return made.text[made.bounds[start] : made.bounds[stop]]

    def first(self) -> str:
        """Its first unit."""
        return self.unit if isinstance(self.unit, str) else self.unit(0)


@dataclass(frozen=True)
class _Numbered:
    """Units of ASCII with a number each, up to LARGEST bytes, and where each of them begins and the last one ends."""

    text: str
    bounds: list[int]


@cache
def _numbered(unit: Callable[[int], str], joint: str) -> _Numbered:
    made, bounds = list[str](), [0]
    while bounds[-1] + len(one := unit(len(made)) + joint) <= LARGEST:
        made.append(one)
        bounds.append(bounds[-1] + len(one))
    return _Numbered("".join(made), bounds)


@dataclass(frozen=True)
class Body:
    """A request's body: what it is made of, for a table, and its bytes."""

    shape: str
    fault: str
    place: str
    raw: bytes


def _list(name: str, unit: str) -> Shape:
    return Shape(name, "[", unit, "]")


def _text(name: str, unit: str) -> Shape:
    return Shape(name, '"', unit, '"', joint="")


SHAPES = (
    _list("short texts", '"a"'),
    _list("texts of 2,000", '"' + "a" * 2000 + '"'),
    _list("texts of escapes", '"' + "\\ud83d\\ude00" * 2000 + '"'),
    _list("blank texts", '" "'),
    _list("numbers", "1"),
    _list("fractions", "0.1"),
    _list("long numbers", "9" * 4000),
    _list("long fractions", "0." + "1" * 4000),
    _list("exponents", "1e300"),
    _list("words", "true"),
    _list("empty lists", "[]"),
    _list("empty objects", "{}"),
    _list("small objects", '{"a":1}'),
    _list("lists of lists", "[[[[[]]]]]"),
    Shape("keys", "{", lambda n: f'"k{n}":0', "}", keyed=True),
    Shape("long keys", "{", lambda n: f'"{n}{"k" * 2000}":0', "}", keyed=True),
    Shape("keys of lists", "{", lambda n: f'"k{n}":[]', "}", keyed=True),
    _text("one text", "a"),
    _text("one text of escapes", "\\u00e9"),
    _text("one text of pairs", "\\ud83d\\ude00"),
    _text("one text of marks", "e\u0301\u0316"),
    _text("one text of entities", "&amp;"),
    _text("one blank text", " "),
    Shape("white space", "", " ", "null", joint=""),
    Shape("one number", "1", "0", "", joint=""),
    Shape("one fraction", "0.", "3", "", joint=""),
    Shape("deep lists", "", "[", "", joint=""),
    Shape("deep objects", "", '{"a":', "", joint=""),
)

# Units of valid texts, as JSON has them. Unicode normalisation decomposes characters, sorts the marks on a letter by
# class, and composes again: these units are expensive in at least one of these steps.
TEXTS = {
    "escapes": "\\ud83d\\ude00",
    "pairs": "\U0001f600",
    "entities": "&amp;",
    "entities of entities": "&amp;amp;lt;",
    "accents": "e\u0301",
    "letters of three parts": "\ufb2c",
    "notes of three parts": "\U0001d160",
    "notes and pairs": "\U0001d160\U0001f600",
    "notes with marks": "\U0001d160\u0316\u0334",
    "marks of two parts": "\u0f73",
    "accents of two parts": "\u0344",
    "marks in no order": "\u0301\u0316",
    "short marks in no order": "e" + "\u0301\u0316" * 15,
    "marks of many classes": "".join(
        map(
            chr,
            (0x345, 0x35C, 0x315, 0x301, 0x302E, 0x59A, 0x316, 0x31B, 0x321, 0xF74, 0xF72, 0xF71, 0xEC8, 0x5B0, 0x94D),
        )
    ),
    "letters to compose": "\u1fa7\u0301",
    "pairs to compose": "\U0001109a\u0301",
    "ideographs": "\U0002f800",
    "joiners": "\u200d\u4e00",
    "invisible": "\u200b\u4e00",
    "C1 controls": "\x92",
}
ORDINARY = ("escapes", "pairs", "entities")

# The value that replaces a unit, and in a text the raw characters.
FAULTS = {
    "null": ("null", "\\u0000"),
    "doubled key": ('{"a":1,"a":1}', "\\u0000"),
    "no constant": ("NaN", "\\q"),
    "control character": ('"\x01"', "\x01"),
    "half a pair": ('"\\ud800"', "\\ud800"),
    "long number": ("9" * 5000, "\\u12"),
    "no comma": ("1 1", '" "'),
    "open text": ('"', '"'),
    "closed early": ("]", '"]'),
    "no UTF-8": ('"\udcff"', "\udcff"),
}


def of_size(size: int, around: tuple[str, str], shape: Shape, *, fault: str = "", place: str = "end") -> Body:
    """A body of at most `size` bytes (LARGEST at most), within one unit of it. fault: a key of FAULTS, "" for none."""
    before, after = around[0] + shape.opening, shape.closing + around[1]
    wrong = _wrong(shape, fault) if fault else []
    count = shape.count(size - len(_bytes(before + after + shape.joint.join(wrong))) - len(shape.joint))
    at = {"front": 0, "middle": count // 2, "end": count}[place]
    filler = shape.text(0, at) + "".join(one + shape.joint for one in wrong) + shape.text(at, count)
    return Body(shape.name, fault or "none", place, _bytes(before + filler.removesuffix(shape.joint) + after))


def _wrong(shape: Shape, fault: str) -> list[str]:
    value, characters = FAULTS[fault]
    if not shape.joint:
        return [characters]
    if not shape.keyed:
        return [value]
    # In an object: the first unit twice.
    return [shape.first(), shape.first()] if fault == "doubled key" else [f'"x":{value}']


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
