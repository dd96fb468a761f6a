"""Files of texts without what is wanted, as streams: what is left of them, piece by piece, byte for byte as it was.

An editor is given a way to open the file (as often as it needs) and yields pieces with how many texts it took out of
each. It raises UnreadableError, with the line, for what it cannot take apart: nothing is then written.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from ops.erase import request_texts

Open = Callable[[], BinaryIO]
HasText = Callable[[str], bool]
Pieces = Iterator[tuple[bytes, int]]
Editor = Callable[[Open, HasText], Pieces]


class UnreadableError(ValueError):
    """A file that cannot be taken apart: why, in words that go after its name."""


def captured(open_: Open, has_text: HasText) -> Pieces:
    """Data capture, JSON lines: a request that has a wanted text goes with its answer.

    The form: "Capture data from real-time endpoint" in SageMaker's guide.
    """
    for number, line in enumerate(open_(), start=1):
        if not line.strip():
            yield line, 0
            continue
        try:
            texts = _captured_texts(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UnreadableError(f"line {number} is not a captured request ({type(error).__name__})") from None
        # The same text may be found in several ways.
        wanted = len({text.strip() for text in texts if has_text(text)})
        yield (b"" if wanted else line), wanted


def _captured_texts(record: dict[str, Any]) -> list[str]:
    given = record["captureData"].get("endpointInput")
    if given is None:
        return []
    data = given["data"]
    if given["encoding"] == "BASE64":
        # The model reads nothing that is not UTF-8, so that it can be no text.
        data = base64.b64decode(data, validate=True).decode("utf-8", "replace")
    return request_texts.texts(data if isinstance(data, str) else json.dumps(data))


def evaluation(open_: Open, has_text: HasText) -> Pieces:
    """A model's evaluation.json, which quotes the test texts of the worst mistakes: those are left out."""
    raw = open_().read()
    try:
        document = json.loads(raw)
        mistakes = document.get("mistakes")
        quoted = mistakes if isinstance(mistakes, list) else []
        left = [one for one in quoted if not has_text(str(one.get("text", "")))]
    except (ValueError, AttributeError, RecursionError) as error:
        raise UnreadableError(f"it is not an evaluation ({type(error).__name__})") from None
    if len(left) == len(quoted):
        yield raw, 0
        return
    document["mistakes"] = left
    # In ASCII, as the gate writes it: a text may have half of a surrogate pair.
    yield (json.dumps(document, indent=2) + "\n").encode(), len(quoted) - len(left)
