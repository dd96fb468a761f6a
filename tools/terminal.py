"""What tools print, without what a terminal would obey: names, messages and programs' output may hold anything."""

from __future__ import annotations

import re

# C0 but tab and newline, DEL, C1 (ECMA-48); the line and paragraph separators; what reorders the text beside it (all of
# Unicode's property Bidi_Control); halves of characters.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without the characters that terminals may obey."""
    return _CONTROLS.sub("", text)
