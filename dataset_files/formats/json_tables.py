"""JSON documents and JSON lines as tables, with the standard library."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dataset_files.delimited import decoding
from dataset_files.delimited.decoding import Decoded
from dataset_files.delimited.layout import UNDECODED, Table
from dataset_files.delimited.records import LONG, Findings, Numbered, in_blocks
from dataset_files.delimited.single import MAX_FIELD
from dataset_files.errors import FileError
from dataset_files.values import as_text

LINES = "JSON lines"  # the layout
NOT_JSON, NO_OBJECT = "not JSON", "no object"
_LIKE = re.compile(r'\s*(?:\{\s*(?:"|\}|\Z)|\[\s*(?:[\[{"]|\]|\Z))')
_SAMPLE = 1000  # objects that name the columns
_FIRST = 20  # lines that say whether each is an object
_BEGINNING = 65_536  # bytes in which these are looked for, where the first is none
_MISSING = object()
_OBJECTS = 'save it as a list of objects, such as [{"text": "...", "label": "..."}], or as JSON lines'


def is_json(decoded: Decoded) -> bool:
    """Whether a text begins like a JSON object, or a list of objects, lists or strings; or most of its first lines."""
    if _LIKE.match(decoded.data[:1000].decode("utf-8", "replace")) is not None:
        return True
    lines = [line for line in decoded.data[:_BEGINNING].decode("utf-8", "replace").split("\n")[:-1] if line.strip()]
    return len(lines) > 2 and _are_objects(lines)


def parse(decoded: Decoded, *, file: str) -> Table:
    """JSON lines, or a document with one table: a list of objects, or columns, as the usual libraries write them."""
    decoded = decoded.with_line_feeds()
    lines = decoded.text.split("\n")
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if len(filled) > 1 and _are_objects([line for _, line in filled]):
        return _json_lines(filled)
    if len(filled) > 1 and all(isinstance(_loaded(line), list) for _, line in filled[:2]):
        raise FileError(file=file, line=1, problem="each line is a list, so its values have no names", remedy=_OBJECTS)
    if decoded.damaged:
        raise FileError(
            file=file, line=1, problem="this JSON has bytes that are not UTF-8", remedy="save it again as UTF-8"
        )
    try:
        document = json.loads(decoded.text)
    except RecursionError:
        raise FileError(file=file, line=1, problem="this JSON is nested too deeply", remedy=_OBJECTS) from None
    except ValueError as error:
        raise FileError(
            file=file,
            line=getattr(error, "lineno", 1),
            problem="this is JSON that breaks off or is damaged here",
            remedy="save the file again, or as CSV",
        ) from None
    return _document(document, file=file)


def _are_objects(lines: Sequence[str]) -> bool:
    """Whether most of the first lines are objects, each by itself."""
    first = lines[:_FIRST]
    return sum(line.lstrip().startswith("{") and isinstance(_loaded(line), dict) for line in first) * 2 > len(first)


def _loaded(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return _MISSING


def _json_lines(filled: Sequence[tuple[int, str]]) -> Table:
    names = _names(_loaded(line) for _, line in filled[:_SAMPLE])
    findings = Findings()

    def rows() -> Iterator[Numbered]:
        for number, line in filled:
            if decoding.undecoded(line):
                findings.odd.append((number, UNDECODED))
                continue
            value = _loaded(line)
            if not isinstance(value, dict):
                findings.odd.append((number, NOT_JSON if value is _MISSING else NO_OBJECT))
                continue
            fields = [as_text(value.get(name)) for name in names]
            if len(line) > MAX_FIELD and any(len(each) > MAX_FIELD for each in fields):
                findings.odd.append((number, LONG))
            else:
                yield number, fields

    return Table(tuple(map(as_text, names)), 0, in_blocks(rows()), LINES, findings)


def _document(document: Any, *, file: str) -> Table:
    if isinstance(document, dict):
        by_column = _of_columns(document)
        if by_column is not None:
            return by_column
        tables = [value for value in document.values() if _is_table(value)]
        if len(tables) > 1:
            raise FileError(
                file=file,
                line=1,
                problem=f"this JSON has {len(tables)} tables",
                remedy="save the one to train on as a file of its own",
            )
        document = tables[0] if tables else document
    if isinstance(document, list) and any(isinstance(each, dict) for each in document):
        return _of_objects(document)
    raise FileError(
        file=file, line=1, problem="this JSON is not a list of objects, so its values have no names", remedy=_OBJECTS
    )


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, (dict, list)) for each in value)


def _of_objects(objects: Sequence[Any]) -> Table:
    names = _names(objects[:_SAMPLE])
    findings = Findings()

    def rows() -> Iterator[Numbered]:
        for number, value in enumerate(objects, 1):
            if isinstance(value, dict):
                yield from _checked(number, [as_text(value.get(name)) for name in names], findings)
            else:
                findings.odd.append((number, NO_OBJECT))

    return Table(tuple(map(as_text, names)), 0, in_blocks(rows()), "JSON, a list of objects", findings)


def _of_columns(document: Mapping[str, Any]) -> Table | None:
    """What pandas' ``to_json`` writes: a list or an object for each column, or columns, index and data."""
    names, data = document.get("columns"), document.get("data")
    if isinstance(names, list) and isinstance(data, list) and all(isinstance(name, str) for name in names):
        wide = [row for row in data if isinstance(row, list) and len(row) == len(names)]
        if names and len(wide) == len(data):
            return _of_rows(tuple(names), wide, "JSON, columns and data")
    values = list(document.values())
    if len(values) > 1 and all(isinstance(each, list) for each in values):
        plain = all(not isinstance(one, (dict, list)) for each in values for one in each[:_SAMPLE])
        if plain and len({len(each) for each in values}) == 1:
            return _of_rows(tuple(document), zip(*values, strict=True), "JSON, a list for each column")
    if len(values) > 1 and all(isinstance(each, dict) for each in values):
        keys = list(values[0])
        if all(each.keys() == values[0].keys() for each in values):
            by_key = ([each[key] for each in values] for key in keys)
            return _of_rows(tuple(document), by_key, "JSON, an object for each column")
    return None


def _of_rows(names: tuple[str, ...], values: Iterable[Iterable[Any]], layout: str) -> Table:
    findings = Findings()

    def rows() -> Iterator[Numbered]:
        for number, row in enumerate(values, 1):
            yield from _checked(number, [as_text(value) for value in row], findings)

    return Table(tuple(map(as_text, names)), 0, in_blocks(rows()), layout, findings)


def _checked(number: int, fields: list[str], findings: Findings) -> Iterator[Numbered]:
    if any(len(each) > MAX_FIELD for each in fields):
        findings.odd.append((number, LONG))
    else:
        yield number, fields


def _names(objects: Iterable[Any]) -> tuple[str, ...]:
    """The names of all of them, in the order of their first mention."""
    return tuple(dict.fromkeys(name for each in objects if isinstance(each, dict) for name in each))
