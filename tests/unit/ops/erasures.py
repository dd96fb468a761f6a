"""A text to erase, and the file that an editor leaves."""

from __future__ import annotations

import io

from ops.erase.targets import Wanted, of_text

GONE = "Mary Smith, ill"


AT = "2026-11-20T09:00:00.000Z"


HAS = Wanted(of_text(GONE, at=AT)).has_text


def left(editor, content, has_text=HAS):
    raw = content if isinstance(content, bytes) else content.encode()
    pieces = list(editor(lambda: io.BytesIO(raw), has_text))
    return b"".join(piece for piece, _ in pieces), sum(count for _, count in pieces)
