"""Checks the output to a terminal: only text, tabs, line ends, and Rich's own colours and cursor movements."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# One of each kind that a terminal may obey or that may make a text look like another: C0, DEL, C1, bidirectional.
HOSTILE = (
    "\x1b[2J\x1b]0;t\x07\x1b]8;;http://x\x1b\\\r\x00\x08\x0b\x7f\x9b31m\x9d0;t\x9c"
    "\u2028\u2029\u202e\u2066\u061c\u200e\ud800"
)
MARKUP = "[red]x[/nothing][link=http://x]"
_OWN = re.compile(r"\x1b\[[0-9;]*m|\x1b\[(?:\d*[ABCDGHJK]|\d+;\d+H|\?25[hl])|\r(?=\x1b\[2?K|\n|\x1b\[)|\x1b\[\d*K")
# Bidi_Control of Unicode's PropList.txt.
_BIDI = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
EVERY = "".join(map(chr, range(0x10000)))


def obeyed(text: str, *, coloured: bool = False) -> list[str]:
    """The characters in the output that are neither text nor a tab nor a line's end."""
    rest = _OWN.sub("", text) if coloured else text
    return [
        f"U+{ord(letter):04X}"
        for letter in rest
        if letter not in "\n\t" and (unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or ord(letter) in _BIDI)
    ]


def spoiled(value: Any, *words: str) -> Any:
    """JSON-like data in which these words, also as keys, have hostile characters and markup at their end."""
    text = json.dumps(value)
    for word in words:
        assert json.dumps(word)[1:-1] in text, word
        text = text.replace(json.dumps(word)[1:-1], json.dumps(word + HOSTILE + MARKUP)[1:-1])
    return json.loads(text)


def printing(folder: Path) -> Iterator[str]:
    """`file:line call` of all that prints in a folder's Python files: print, Console, echo, writes to the streams."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if re.search(r"(^|\.)(print|Console|echo|secho|confirm|prompt)$|std(out|err)\.write", called):
                    yield f"{path.relative_to(folder.parent)}:{node.lineno} {called}"
