"""The texts in the bodies sent to the model: JSON, JSON lines or CSV.

Bodies are parsed as in `model_code/serving/protocol.py`; tests/contract/test_erased_requests.py compares the two. An
unreadable body is searched for texts as well, because it was sent and is stored.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

# A JSON string, even one cut off by the end of the line, and the colon after a name.
_LITERAL = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)(?:"|\\?\Z)(\s*+:)?', re.DOTALL)
_JSON = re.compile(r'\s*[{\[]\s*[{\["]')
_NOT_JSON = object()


def texts(body: str) -> list[str]:
    """Every text of a request's body, by every way of reading it, and the body itself."""
    body = body.removeprefix("\ufeff")
    records, lines = csv_records(body), [line for line in body.split("\n") if line.strip()]
    candidates = [body, *(csv_text(record) for record in records)]
    if len(lines) > 1 and all(_parsed(line) is not _NOT_JSON for line in lines):
        return candidates + [text for line in lines for text in json_texts(line)]
    return candidates + json_texts(body)


def json_texts(line: str) -> list[str]:
    """The texts of a JSON document: its `inputs`, else all texts in it; [] if it does not look like JSON."""
    if not looks_like_json(line):
        return []
    document = _parsed(line)
    if document is _NOT_JSON:
        return [text for match in _LITERAL.finditer(line) if (text := _literal(match)) is not None]
    return _strings(document["inputs"] if isinstance(document, dict) and "inputs" in document else document)


def looks_like_json(line: str) -> bool:
    """Whether it starts like a JSON object or a list."""
    return _JSON.match(line) is not None


def with_texts_replaced(line: str, is_wanted: Callable[[str], bool], *, by: str) -> tuple[str, int]:
    """A line of JSON with wanted texts replaced, and how many there were; the rest is unchanged."""
    count = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal count
        text = _literal(match)
        if text is None or not is_wanted(text):
            return match[0]
        count += 1
        return json.dumps(by)

    return _LITERAL.sub(replaced, line), count


def csv_records(body: str) -> list[list[str]]:
    """The lines of each record, with their line ends. A quote that is never closed does not join lines."""
    lines = csv_lines(body)
    # For each line, the next line (or itself) that closes a quote opened before it; None if there is none.
    ends: list[int | None] = [None]
    for number in reversed(range(len(lines))):
        ends.append(ends[-1] if is_open('"' + lines[number]) else number)
    ends.reverse()
    records, start = [], 0
    while start < len(lines):
        end = ends[start + 1] if is_open(lines[start]) else start
        end = start if end is None else end
        records.append(lines[start : end + 1])
        start = end + 1
    return records


def csv_lines(body: str) -> list[str]:
    """The lines with their line ends; a carriage return counts as one."""
    return io.StringIO(body, newline="").readlines()


def csv_text(record: Sequence[str]) -> str:
    """A record's text, including commas outside quotes."""
    if len(record) == 1 and '"' not in record[0]:
        return record[0].rstrip("\r\n")
    rows = csv_rows([*record, "next"])
    if len(rows) > 1:
        return ",".join(rows[0])
    return ",".join(csv_rows(record)[0]).rstrip("\r\n")  # whose quote is never closed


def csv_rows(lines: Sequence[str], *, delimiter: str = ",") -> list[list[str]]:
    """The rows of CSV, with fields of any length. Raises csv.Error."""
    before = csv.field_size_limit(2**31 - 1)  # the process's
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    finally:
        csv.field_size_limit(before)


def is_open(line: str) -> bool:
    """Whether a line ends inside quotes."""
    return '"' in line and len(csv_rows([line, "next"])) == 1


def parsed(line: str) -> Any:
    """A parsed line of JSON; None if it is invalid or null."""
    document = _parsed(line)
    return None if document is _NOT_JSON else document


def _parsed(line: str) -> Any:
    try:
        return json.loads(line, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose repeated names keep all their values."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        made[name] = [made[name], value] if name in made else value
    return made


def _literal(match: re.Match[str]) -> str | None:
    """The text of a string that is not a name."""
    if match[2]:
        return None
    try:
        text = json.loads(f'"{match[1]}"', strict=False)
    except ValueError:
        return None
    return str(text)


def _strings(document: Any) -> list[str]:
    strings, waiting = [], [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            strings.append(one)
        elif isinstance(one, dict | list):
            waiting.extend(one.values() if isinstance(one, dict) else one)
    return strings
