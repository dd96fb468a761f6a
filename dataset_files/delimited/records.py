"""The records of a delimited text, line by line, each read by itself.

A line's quotes are syntax where they enclose whole fields, and text everywhere else. A quoted field may go on over
lines, as far as it is closed as RFC 4180 has it and makes a record of the right width; where each of these lines would
be a record by itself, with values that the rest of the file has in those columns, they are that many records. So an
odd line changes nothing but itself, and no line is read more often than there are columns.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress, islice

MAX_FIELD = 131_072  # characters
LONG = f"a field of more than {MAX_FIELD:,} characters"
_CHARACTERS = 30_000  # taken at a time: what the caches of a processor hold
_BLOCK = 4096
_SAMPLE = 10_000  # lines that say which values a column has
_REPEATED = 4  # times that a column's values come on average, if they say what a record is
_TO_QUOTE = re.compile(r'[^"]*+(?:""[^"]*+)*+')

Block = tuple[Sequence[int], Sequence[Sequence[str]]]  # the rows' lines, and a sequence of values for each column
Numbered = tuple[int, Sequence[str]]


def in_blocks(rows: Iterable[Numbered]) -> Iterator[Block]:
    """Rows as blocks of some thousands."""
    waiting = iter(rows)
    while taken := list(islice(waiting, _BLOCK)):
        numbers, fields = zip(*taken, strict=True)
        yield numbers, list(zip(*fields, strict=True))


def not_columns(width: int) -> str:
    """Why a line was left out."""
    return f"not {width} columns"


@dataclass
class Findings:
    """What was met on the way, complete when all records have been taken: lines from 1."""

    odd: list[tuple[int, str]] = field(default_factory=list)  # rows that are left out, and why
    stray_quotes: list[int] = field(default_factory=list)  # rows that are used, with a quote that is part of the text


class Delimited:
    """Iterates over blocks of the rows below the first ``skip`` lines of a text; ``findings`` has the others.

    Lines that are plainly records are taken many at a time; only where some are not, one by one.
    """

    def __init__(self, text: str, delimiter: str, width: int, *, skip: int, quoting: bool = True) -> None:
        self.findings = Findings()
        self._text, self._delimiter, self._width, self._skip = text, delimiter, width, skip
        self._end = len(text)
        while text.endswith("\n", 0, self._end):
            self._end -= 1
        self._quoting = quoting
        self._known: list[set[str] | None] | None = None
        self._mostly_quoted = False
        self._taken = 0  # the last line that was taken one by one, which a record over several lines moves
        self._single = Single(delimiter)
        sloppy = rf'"(.*?)"(?={re.escape(delimiter)}|\Z)'
        self._sloppy = re.compile(sloppy, re.DOTALL)

    @cached_property
    def _lines(self) -> list[str]:
        return self._text[: self._end].split("\n")

    def __iter__(self) -> Iterator[Block]:
        """Blocks in the order of the file."""
        text, done, at = self._text, 0, 0
        while done < self._skip:
            at, done = text.find("\n", at) + 1, done + 1
            if not at:
                return
        while at < self._end:
            end = text.find("\n", at + _CHARACTERS, self._end)
            end = self._end if end < 0 else end
            part = text[at:end]
            at = end + 1
            columns = self._plain(part)
            if columns is not None:
                count = len(columns[0])
                yield range(done + 1, done + count + 1), columns
                done += count
                continue
            first, last = done, done + part.count("\n") + 1
            yield from self._line_by_line(first, last)
            done = max(last, self._taken)
            at += sum(len(line) + 1 for line in self._lines[last:done])

    def _plain(self, part: str) -> Sequence[Sequence[str]] | None:
        """The columns of lines that are all plainly records; None where one is not."""
        if len(part) > MAX_FIELD:
            return None
        delimiter = self._delimiter
        # Each line's end is made a field of its own: where all lines have as many fields, it is at regular distances.
        end = f"{delimiter}\n{delimiter}"
        if not self._quoting or '"' not in part:
            return self._by_column(part.replace("\n", end).split(delimiter))
        lines = part.split("\n")
        quoted = [place for place, line in enumerate(lines) if '"' in line]
        try:
            rows = list(csv.reader([lines[place] for place in quoted], delimiter=delimiter, strict=True))
        except csv.Error:
            return None
        if len(rows) != len(quoted) or set(map(len, rows)) != {self._width}:
            return None
        values = list(zip(*rows, strict=True))
        if len(quoted) == len(lines):
            return values
        for place in quoted:
            lines[place] = delimiter * (self._width - 1)
        columns = self._by_column(end.join(lines).split(delimiter))
        if columns is not None:
            for column, replaced in zip(columns, values, strict=True):
                for place, value in zip(quoted, replaced, strict=True):
                    column[place] = value
        return columns

    def _by_column(self, fields: list[str]) -> list[list[str]] | None:
        """Columns of fields with a line feed after each row's; None where rows have not this width."""
        step = self._width + 1
        rows, beyond = divmod(len(fields) + 1, step)
        if beyond or fields[self._width :: step].count("\n") != rows - 1:
            return None
        return [fields[position::step] for position in range(self._width)]

    def _line_by_line(self, first: int, last: int) -> Iterator[Block]:
        """The records that start on the lines after ``first`` up to ``last``; ``_taken`` is the last line they take."""
        delimiter, width, quote = self._delimiter, self._width, '"' if self._quoting else "\0no quote"
        lines, single = self._lines[first:last], self._single.fields
        apart: dict[int, Sequence[str]] = {}  # fields of lines that cannot be divided with the others, by place
        is_record = [True] * len(lines)
        taken = first
        for place, line in enumerate(lines):
            number = first + place + 1
            if number <= taken:
                is_record[place] = False
            elif quote in line:
                fields, taken = single(line), number
                if fields is None:
                    fields, taken = self._doubtful(number)
                is_record[place] = self._fits(fields, line, number)
                apart[place] = fields or ()
            elif line.count(delimiter) == width - 1 and len(line) <= MAX_FIELD:
                continue
            else:
                apart[place] = line.split(delimiter)
                is_record[place] = self._fits(apart[place], line, number)
            lines[place] = delimiter * (width - 1)
        self._taken = max(taken, last)
        columns = self._by_column(f"{delimiter}\n{delimiter}".join(lines).split(delimiter))
        assert columns is not None
        for place, values in apart.items():
            for column, value in zip(columns, values, strict=False):
                column[place] = value
        numbers = list(compress(range(first + 1, last + 1), is_record))
        if numbers:
            yield numbers, [list(compress(column, is_record)) for column in columns]

    def _fits(self, fields: Sequence[str] | None, line: str, number: int) -> bool:
        """Whether a line's fields are a row; one that is neither that nor blank is noted."""
        if fields is None or len(fields) != self._width:
            # The delimiter may be white space itself.
            if line.strip() or (fields is not None and len(fields) > 1):
                self.findings.odd.append((number, not_columns(self._width)))
            return False
        if any(len(value) > MAX_FIELD for value in fields):
            self.findings.odd.append((number, LONG))
            return False
        return True

    def _doubtful(self, number: int) -> tuple[list[str] | None, int]:
        """The record of a line whose quotes are not those of one record, and the last line that it takes."""
        start = number - 1
        if self._single.is_open:
            whole = self._over_lines(start)
            if whole is not None and not self._are_records(start, whole[1]):
                return whole
        fields = self._as_text(self._lines[start])
        if fields is not None:
            self.findings.stray_quotes.append(number)
        return fields, number

    def _over_lines(self, start: int) -> tuple[list[str], int] | None:
        """A strict record that goes on over lines, and its last line, from 1; None where there is none."""
        lines, delimiter = self._lines, self._delimiter
        index, line, at = start, self._lines[start], 0
        fields: list[str] = []
        while True:
            if line.startswith('"', at):
                parts = []
                at += 1
                while True:
                    found = _TO_QUOTE.match(line, at)
                    assert found is not None  # it matches nothing, too
                    parts.append(found[0])
                    at = found.end()
                    if at < len(line):
                        break
                    index += 1
                    if index == len(lines):
                        return None
                    parts.append("\n")
                    line, at = lines[index], 0
                at += 1
                if at < len(line) and line[at] != delimiter:
                    return None
                fields.append("".join(parts).replace('""', '"'))
            else:
                end = line.find(delimiter, at)
                end = len(line) if end < 0 else end
                fields.append(line[at:end])
                at = end
            if at >= len(line):
                return (fields, index + 1) if len(fields) == self._width else None
            if len(fields) == self._width:
                return None
            at += 1

    def _are_records(self, start: int, end: int) -> bool:
        """Whether each line is a record by itself, with values known from other lines where columns repeat theirs."""
        if self._known is None:
            self._known = self._values()
        if not any(self._known):
            return False
        for index in range(start, end):
            line = self._lines[index]
            fields = line.split(self._delimiter) if index == start else self._alone(line)
            if fields is None or len(fields) != self._width:
                return False
            if any(known and value.strip() not in known for value, known in zip(fields, self._known, strict=True)):
                return False
        return True

    def _values(self) -> list[set[str] | None]:
        """For each column the values that several plain records have; None where values hardly come again."""
        seen: list[Counter[str]] = [Counter() for _ in range(self._width)]
        rows = quoted = 0
        for line in self._lines[self._skip : self._skip + _SAMPLE]:
            fields = self._single.fields(line) if '"' in line else line.split(self._delimiter)
            quoted += '"' in line
            if fields is not None and len(fields) == self._width:
                rows += 1
                for values, value in zip(seen, fields, strict=True):
                    values[value.strip()] += 1
        self._mostly_quoted = quoted * 2 > rows
        return [
            {value for value, count in values.items() if value and count > 1}
            if len(values) * _REPEATED <= rows
            else None
            for values in seen
        ]

    def _alone(self, line: str) -> list[str] | None:
        fields = self._single.fields(line) if '"' in line else line.split(self._delimiter)
        return self._as_text(line) if fields is None else fields

    def _as_text(self, line: str) -> list[str] | None:
        """The fields of a line with quotes that are text; None where it has not the right width in any way."""
        if self._known is None:
            self._known = self._values()
        literal = [_unquoted(value) for value in line.split(self._delimiter)]
        if len(literal) == self._width and not self._mostly_quoted:
            return literal
        fields, at = [], 0
        while True:
            found = self._sloppy.match(line, at)
            end = line.find(self._delimiter, at) if found is None else found.end()
            end = len(line) if end < 0 else end
            fields.append(line[at:end] if found is None else found[1].replace('""', '"'))
            if end >= len(line):
                break
            at = end + 1
        if len(fields) == self._width:
            return fields
        return literal if len(literal) == self._width else None


class Single:
    """Reads lines one by one as RFC 4180 has it, with the csv module."""

    def __init__(self, delimiter: str) -> None:
        self.is_open = False  # whether the line last refused ends within quotes
        self._line: list[str] = []
        # At the end of a line within quotes the reader asks for the next one, and pop raises IndexError.
        self._reader = csv.reader(iter(self._line.pop, None), delimiter=delimiter, strict=True)

    def fields(self, line: str) -> list[str] | None:
        """The fields; None where quotes are not those of one whole record."""
        self._line.append(line)
        try:
            return next(self._reader)
        except IndexError:
            self.is_open = True
        except csv.Error:
            self.is_open = False
        self._line.clear()
        return None


def _unquoted(value: str) -> str:
    if len(value) < 2 or not (value[0] == value[-1] == '"') or '"' in value[1:-1].replace('""', ""):
        return value
    return value[1:-1].replace('""', '"')
