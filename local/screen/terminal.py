"""Output of the commands, without terminal control sequences: texts, labels, names and messages may contain anything.

Nothing else prints (tests/unit/local/screen/test_terminal.py).
"""

import json
import re
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_PIPED_WIDTH = 130  # without a terminal: enough for a headline and its bars
# C0 except tab and newline, DEL, C1 (ECMA-48); line and paragraph separators; characters that reorder text (Unicode's
# property Bidi_Control); unpaired surrogates.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without characters that control terminals."""
    return CONTROLS.sub("", text)


def as_json(value: Any, *, indent: int | None = None) -> str:
    """`value` as JSON with such characters escaped, so nothing is lost and nothing takes effect."""
    written = json.dumps(value, indent=indent, ensure_ascii=False)
    return CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", written)


class CleanConsole(Console):
    """A Rich console that sends no control sequences other than Rich's own colours and cursor movements."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The cleaned segments."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=clean(segment.text))


def console() -> CleanConsole:
    """Standard output, wide enough for the tables if it is not a terminal."""
    output = CleanConsole()
    return output if output.is_terminal else CleanConsole(width=_PIPED_WIDTH)


def say(text: str) -> None:
    """Print a line on standard output."""
    print(clean(text))


def complain(text: str) -> None:
    """Print a line on standard error."""
    print(clean(text), file=sys.stderr)


def print_json(value: Any) -> None:
    """Print `value` as indented JSON on standard output."""
    print(as_json(value, indent=2))
