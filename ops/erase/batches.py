"""Input and output files of `rubric batch`: a line with a wanted text stays, with `[erased]` in place of the text.

Answers are matched to texts by line number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

from ops.erase import request_texts
from ops.erase.editors import HasText, Open, Pieces, UnreadableError

ERASED = "[erased]"
_RECORD_LINES = 50  # of a quoted text: transform jobs split a file at newlines, so it should have one line
_MARK = "\ufeff"
_ANSWERS = ('{"predicted_label":', '{"predictions":')  # labels and probabilities


def batch(open_: Open, has_text: HasText) -> Pieces:
    """Edits JSON lines or CSV, whatever the file's name; also answers, and lists of unanswered lines."""
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
    """First the byte order mark or "", then lines as in CSV, where a carriage return ends a line as well."""
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
    """The lines of the next record, from those already read and the stream. A quote that is not closed soon does not
    join lines."""
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
    """Erase every line of a wanted record; otherwise only the lines that are wanted on their own."""
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
    wanted = {text for text in request_texts.json_texts(line.rstrip("\r\n")) if has_text(text)}
    # In failed.jsonl, `input` holds the whole unanswered line.
    document = request_texts.parsed(line) if '"error"' in line else None
    unanswered = document.get("input") if isinstance(document, dict) and "error" in document else None
    if isinstance(unanswered, str) and any(map(has_text, request_texts.texts(unanswered))):
        wanted.add(unanswered)
    if wanted:
        content = line.rstrip("\r\n")  # the last text may be cut off
        edited, count = request_texts.with_texts_replaced(content, wanted.__contains__, by=ERASED)
        return edited + line[len(content) :], count
    # A CSV text may start the same way.
    records = [_record(record, has_text) for record in request_texts.csv_records(line)]
    return "".join(text for text, _ in records), sum(count for _, count in records)
