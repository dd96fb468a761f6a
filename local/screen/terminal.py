"""What the commands print, without what a terminal would obey: texts, labels, names and messages may hold anything.

Nothing else prints (tests/unit/local/screen/test_terminal.py).
"""

import json
import re
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_PIPED_WIDTH = 130  # a log file has none: room for a headline and its bars
# C0 but tab and newline, DEL, C1 (ECMA-48); the line and paragraph separators; what reorders the text beside it (all of
# Unicode's property Bidi_Control); halves of characters.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without the characters that terminals may obey."""
    return CONTROLS.sub("", text)


def as_json(value: Any, *, indent: int | None = None) -> str:
    """`value` as JSON in which such characters are escapes, as JSON has them: nothing is lost, nothing is obeyed."""
    written = json.dumps(value, indent=indent, ensure_ascii=False)
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


class CleanConsole(Console):
    """Rich's console, whose own colours and cursor movements are all that a terminal obeys."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of what is shown, cleaned."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=clean(segment.text))


def console() -> CleanConsole:
    """Standard output, wide enough for the tables where it is no terminal."""
    found = CleanConsole()
    return found if found.is_terminal else CleanConsole(width=_PIPED_WIDTH)


def say(text: str) -> None:
    """A line on standard output."""
    print(clean(text))


def complain(text: str) -> None:
    """A line on standard error."""
    print(clean(text), file=sys.stderr)


def print_json(value: Any) -> None:
    """`value` as indented JSON on standard output."""
    print(as_json(value, indent=2))
