"""The texts of what the model is sent: JSON, JSON lines or CSV.

What a text is, and where it ends, is as in `model_code/serving/protocol.py`; tests/contract/test_erased_requests.py
holds the two together. What cannot be read has its texts looked for as well: it was sent, and is kept.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

# A string of JSON, also one that the end of the line cuts off, and the colon after a name.
_LITERAL = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)(?:"|\\?\Z)(\s*+:)?', re.DOTALL)
_JSON = re.compile(r'\s*[{\[]\s*[{\["]')
_NOT_JSON = object()


def texts(body: str) -> list[str]:
    """Every text of a request's body, in whatever way it is read, and the body itself."""
    body = body.removeprefix("\ufeff")
    records, lines = csv_records(body), [line for line in body.split("\n") if line.strip()]
    found = [body, *(csv_text(record) for record in records)]
    if len(lines) > 1 and all(_parsed(line) is not _NOT_JSON for line in lines):
        return found + [text for line in lines for text in json_texts(line)]
    return found + json_texts(body)


def json_texts(line: str) -> list[str]:
    """The texts of a JSON document: its `inputs`, else all texts in it; [] for what does not look like one."""
    if not looks_like_json(line):
        return []
    document = _parsed(line)
    if document is _NOT_JSON:
        return [text for found in _LITERAL.finditer(line) if (text := _literal(found)) is not None]
    return _strings(document["inputs"] if isinstance(document, dict) and "inputs" in document else document)


def looks_like_json(line: str) -> bool:
    """Whether it begins as an object or a list of something does."""
    return _JSON.match(line) is not None


def with_texts_replaced(line: str, is_wanted: Callable[[str], bool], *, by: str) -> tuple[str, int]:
    """A line of JSON with other texts in the place of those that are wanted, and how many; the rest stays as it is."""
    count = 0

    def replaced(found: re.Match[str]) -> str:
        nonlocal count
        text = _literal(found)
        if text is None or not is_wanted(text):
            return found[0]
        count += 1
        return json.dumps(by)

    return _LITERAL.sub(replaced, line), count


def csv_records(body: str) -> list[list[str]]:
    """The lines of each record, with their ends. A quote that is never closed takes no line after its own."""
    lines = csv_lines(body)
    # For each line, the first from it on that closes a quote which is open before it; None: nowhere.
    ends: list[int | None] = [None]
    for number in reversed(range(len(lines))):
        ends.append(ends[-1] if is_open('"' + lines[number]) else number)
    ends.reverse()
    found, start = [], 0
    while start < len(lines):
        end = ends[start + 1] if is_open(lines[start]) else start
        end = start if end is None else end
        found.append(lines[start : end + 1])
        start = end + 1
    return found


def csv_lines(body: str) -> list[str]:
    """The lines with their ends: a carriage return is one as well."""
    return io.StringIO(body, newline="").readlines()


def csv_text(record: Sequence[str]) -> str:
    """The text of a record: commas outside quotes are part of it."""
    if len(record) == 1 and '"' not in record[0]:
        return record[0].rstrip("\r\n")
    rows = csv_rows([*record, "next"])
    if len(rows) > 1:
        return ",".join(rows[0])
    return ",".join(csv_rows(record)[0]).rstrip("\r\n")  # whose quote is never closed


def csv_rows(lines: Sequence[str], *, delimiter: str = ",") -> list[list[str]]:
    """The rows of CSV, whose fields may have any length. Raises csv.Error."""
    before = csv.field_size_limit(2**31 - 1)  # the process's
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    finally:
        csv.field_size_limit(before)


def is_open(line: str) -> bool:
    """Whether a line ends inside quotes."""
    return '"' in line and len(csv_rows([line, "next"])) == 1


def parsed(line: str) -> Any:
    """A line of JSON; None where it is not, or null."""
    document = _parsed(line)
    return None if document is _NOT_JSON else document


def _parsed(line: str) -> Any:
    try:
        return json.loads(line, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """All that is there under a name, also where it is there twice."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        made[name] = [made[name], value] if name in made else value
    return made


def _literal(found: re.Match[str]) -> str | None:
    """The text of a string that is no name."""
    if found[2]:
        return None
    try:
        text = json.loads(f'"{found[1]}"', strict=False)
    except ValueError:
        return None
    return str(text)


def _strings(document: Any) -> list[str]:
    found, waiting = [], [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict | list):
            waiting.extend(one.values() if isinstance(one, dict) else one)
    return found
