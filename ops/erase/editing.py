"""Files of texts without what is wanted, as streams: what is left of them, piece by piece, byte for byte as it was.

An editor is given a way to open the file (as often as it needs) and yields pieces with how many texts it took out of
each. It raises UnreadableError, with the line, for what it cannot take apart: nothing is then written.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

Open = Callable[[], BinaryIO]
HasText = Callable[[str], bool]
Pieces = Iterator[tuple[bytes, int]]
Editor = Callable[[Open, HasText], Pieces]

ERASED = "[erased]"  # stands for a text where a line must stay, for the answers that belong to it by its number


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
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
            raise UnreadableError(f"line {number} is not a captured request ({type(error).__name__})") from None
        wanted = sum(map(has_text, texts))
        yield (b"" if wanted else line), wanted


def _captured_texts(record: dict[str, Any]) -> list[str]:
    given = record["captureData"].get("endpointInput")
    if given is None:
        return []
    data = given["data"]
    if given["encoding"] == "BASE64":
        data = base64.b64decode(data, validate=True).decode()
    return _texts_of(data)


def batch(open_: Open, has_text: HasText) -> Pieces:
    """What `rubric batch` reads and writes: a wanted text's line stays, with `[erased]` for the text."""
    for number, line in enumerate(open_(), start=1):
        try:
            yield _batch_line(line, has_text)
        except (ValueError, TypeError, csv.Error) as error:
            raise UnreadableError(f"line {number} is neither JSON nor CSV ({type(error).__name__})") from None


def _batch_line(line: bytes, has_text: HasText) -> tuple[bytes, int]:
    text = line.decode()
    content = text.rstrip("\r\n")
    end = text[len(content) :]
    if not content.lstrip("\ufeff").startswith("{"):
        fields = next(csv.reader([content]), [])
        wanted = sum(map(has_text, fields))
        return (_csv_line([ERASED if has_text(one) else one for one in fields], end) if wanted else line), wanted
    document = json.loads(content.lstrip("\ufeff"))
    name = next((name for name in ("inputs", "input") if isinstance(document.get(name), str | list)), None)
    if name is None:
        return line, 0
    # A line of failed.jsonl has the whole line that was not answered in `input`.
    inner = _texts_of(document[name]) if name == "input" else _listed(document[name])
    wanted = sum(map(has_text, inner))
    if not wanted:
        return line, 0
    if name == "inputs" and isinstance(document[name], list):
        document[name] = [ERASED if has_text(one) else one for one in inner]
    else:
        document[name] = ERASED
    return (json.dumps(document, ensure_ascii=False) + end).encode(), wanted


def _csv_line(fields: list[str], end: str) -> bytes:
    made = io.StringIO()
    csv.writer(made, lineterminator=end).writerow(fields)
    return made.getvalue().encode()


def _texts_of(data: Any) -> list[str]:
    """The texts of a request: JSON with `inputs`, CSV, or a text as it is."""
    if not isinstance(data, str):
        return _listed(data)
    try:
        document = json.loads(data)
    except ValueError:
        document = None
    if isinstance(document, dict) and "inputs" in document:
        return _listed(document["inputs"])
    return [data, *(field for row in csv.reader(io.StringIO(data, newline="")) for field in row)]


def _listed(inputs: Any) -> list[str]:
    found = inputs if isinstance(inputs, list) else [inputs]
    if not all(isinstance(one, str) for one in found):
        raise ValueError("not texts")
    return found


def evaluation(open_: Open, has_text: HasText) -> Pieces:
    """A model's evaluation.json, which quotes the test texts of the worst mistakes: those are left out."""
    raw = open_().read()
    try:
        document = json.loads(raw)
        mistakes = document.get("mistakes")
        quoted = mistakes if isinstance(mistakes, list) else []
        left = [one for one in quoted if not has_text(str(one.get("text", "")))]
    except (ValueError, AttributeError) as error:
        raise UnreadableError(f"it is not an evaluation ({type(error).__name__})") from None
    if len(left) == len(quoted):
        yield raw, 0
        return
    document["mistakes"] = left
    yield (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode(), len(quoted) - len(left)
