"""Files of `rubric batch`, in and out, line by line: a wanted text's line stays, with `[erased]` for the text.

Answers belong to texts by the numbers of their lines.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

from ops.erase import request_texts
from ops.erase.editors import HasText, Open, Pieces, UnreadableError

ERASED = "[erased]"
_RECORD_LINES = 50  # of a quoted text: transform jobs cut a file at its newlines, so that it should have one
_MARK = "\ufeff"
_ANSWERS = ('{"predicted_label":', '{"predictions":')  # labels and probabilities


def batch(open_: Open, has_text: HasText) -> Pieces:
    """JSON lines or CSV, whatever the file's name is; also answers, and the lines that were not answered."""
    lines = _lines(open_)
    yield next(lines, "").encode(), 0
    held: deque[str] = deque()
    while held or (held := deque(islice(lines, 1))):
        if request_texts.looks_like_json(held[0]):
            edited = _json_line(held.popleft(), has_text)
        else:
            edited = _record(_taken(held, lines), has_text)
        yield edited[0].encode(), edited[1]


def _lines(open_: Open) -> Iterator[str]:
    """First the file's byte order mark or nothing, then lines as CSV has them: a carriage return ends one as well."""
    for number, raw in enumerate(open_(), start=1):
        try:
            line = raw.decode()
        except UnicodeDecodeError:
            raise UnreadableError(f"line {number} is not UTF-8") from None
        if number == 1:
            yield _MARK if line.startswith(_MARK) else ""
            line = line.removeprefix(_MARK)
        yield from [line] if "\r" not in line or request_texts.looks_like_json(line) else request_texts.csv_lines(line)


def _taken(held: deque[str], lines: Iterator[str]) -> list[str]:
    """The lines of the next record, taken from those that are held and those that come. One whose quote is not closed
    soon is a line alone."""
    record = [held.popleft()]
    if not request_texts.is_open(record[0]):
        return record
    for number in range(_RECORD_LINES):
        if number == len(held):
            held.extend(islice(lines, 1))
        if number == len(held):
            break
        if not request_texts.is_open('"' + held[number]):
            return record + [held.popleft() for _ in range(number + 1)]
    return record


def _record(record: list[str], has_text: HasText) -> tuple[str, int]:
    """Each line of a record that is wanted is erased; else those lines that are wanted by themselves."""
    if has_text(request_texts.csv_text(record)):
        return "".join(map(_erased, record)), 1
    if len(record) == 1:
        return record[0], 0
    wanted = [has_text(request_texts.csv_text([line])) for line in record]
    return "".join(_erased(line) if gone else line for line, gone in zip(record, wanted, strict=True)), sum(wanted)


def _erased(line: str) -> str:
    return ERASED + line[len(line.rstrip("\r\n")) :]


def _json_line(line: str, has_text: HasText) -> tuple[str, int]:
    if line.startswith(_ANSWERS):
        return line, 0
    given = {text for text in request_texts.json_texts(line.rstrip("\r\n")) if has_text(text)}
    # A line of failed.jsonl has the whole line that was not answered in `input`.
    document = request_texts.parsed(line) if '"error"' in line else None
    asked = document.get("input") if isinstance(document, dict) and "error" in document else None
    if isinstance(asked, str) and any(map(has_text, request_texts.texts(asked))):
        given.add(asked)
    if given:
        content = line.rstrip("\r\n")  # the last text may be cut off
        edited, count = request_texts.with_texts_replaced(content, given.__contains__, by=ERASED)
        return edited + line[len(content) :], count
    # A text of CSV may begin so.
    records = [_record(record, has_text) for record in request_texts.csv_records(line)]
    return "".join(text for text, _ in records), sum(count for _, count in records)
