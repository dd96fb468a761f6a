"""Editors remove wanted texts from files, as streams: the rest is kept byte for byte.

An editor receives a function that opens the file (as often as it needs) and yields pieces of what is left, each with
the number of texts removed from it. It raises UnreadableError with the line if it cannot parse the file: then nothing
is written.
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
    """A file that cannot be parsed. The message is the reason, to follow the file's name."""


def captured(open_: Open, has_text: HasText) -> Pieces:
    """Edits data capture (JSON lines): removes each request that has a wanted text, with its answer.

    The format: "Capture data from real-time endpoint" in SageMaker's guide.
    """
    for number, line in enumerate(open_(), start=1):
        if not line.strip():
            yield line, 0
            continue
        try:
            texts = _captured_texts(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UnreadableError(f"line {number} is not a captured request ({type(error).__name__})") from None
        # One text may match in several ways.
        wanted = len({text.strip() for text in texts if has_text(text)})
        yield (b"" if wanted else line), wanted


def _captured_texts(record: dict[str, Any]) -> list[str]:
    request = record["captureData"].get("endpointInput")
    if request is None:
        return []
    data = request["data"]
    if request["encoding"] == "BASE64":
        # The model only reads UTF-8, so other bytes cannot be a text.
        data = base64.b64decode(data, validate=True).decode("utf-8", "replace")
    return request_texts.texts(data if isinstance(data, str) else json.dumps(data))


def events(open_: Open, has_text: HasText) -> Pieces:
    """Edits the ledger's events as a training run gets them (JSON lines): removes those of a wanted text.

    The run then refuses the file, and is started again.
    """
    for number, line in enumerate(open_(), start=1):
        try:
            text = json.loads(line).get("text", "")
        except (ValueError, AttributeError, RecursionError) as error:
            raise UnreadableError(f"line {number} is not an event of the ledger ({type(error).__name__})") from None
        wanted = has_text(text)
        yield (b"" if wanted else line), int(wanted)


def drift_report(open_: Open, has_text: HasText) -> Pieces:
    """Edits a drift report: removes wanted texts from those that explain it. The next look writes it anew anyway."""
    raw = open_().read()
    try:
        document = json.loads(raw)
        explanation = document.get("explanation") or {}
        typical = explanation.get("typical") or []
        left = [one for one in typical if not has_text(str(one.get("text", "")))]
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise UnreadableError(f"it is not a drift report ({type(error).__name__})") from None
    if len(left) == len(typical):
        yield raw, 0
        return
    explanation["typical"] = left
    yield json.dumps(document).encode(), len(typical) - len(left)


def evaluation(open_: Open, has_text: HasText) -> Pieces:
    """Edits a model's evaluation.json: removes wanted texts from the quoted mistakes."""
    raw = open_().read()
    try:
        document = json.loads(raw)
        mistakes = document.get("mistakes")
        quoted = mistakes if isinstance(mistakes, list) else []
        left = [one for one in quoted if not has_text(str(one.get("text", "")))]
    except (ValueError, AttributeError, RecursionError) as error:
        raise UnreadableError(f"it is not an evaluation.json ({type(error).__name__})") from None
    if len(left) == len(quoted):
        yield raw, 0
        return
    document["mistakes"] = left
    # ASCII, as the gate writes it: a text may contain an unpaired surrogate.
    yield (json.dumps(document, indent=2) + "\n").encode(), len(quoted) - len(left)
