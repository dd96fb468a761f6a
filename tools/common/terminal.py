"""Output of the tools, without terminal control sequences: names, messages and output may contain anything."""

from __future__ import annotations

import re

# C0 except tab and newline, DEL, C1 (ECMA-48); line and paragraph separators; characters that reorder text (Unicode's
# property Bidi_Control); unpaired surrogates.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without characters that control terminals."""
    return _CONTROLS.sub("", text)
