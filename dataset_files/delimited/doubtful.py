"""Lines whose quotes are not those of one whole record.

A line's quotes are syntax where they enclose whole fields, and text everywhere else. A quoted field may go on over
lines, as far as it is closed as RFC 4180 has it and makes a record of the right width; where each of these lines would
be a record by itself, with values that the rest of the file has in those columns, they are that many records. So an
odd line changes nothing but itself, and no line is read more often than there are columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from dataset_files.delimited.lines import Lines
from dataset_files.delimited.single import Single

_SAMPLE = 10_000  # lines that say which values a column has
_REPEATED = 4  # times that a column's values come on average, if they say what a record is
_TO_QUOTE = re.compile(r'[^"]*+(?:""[^"]*+)*+')


class Doubtful:
    """Reads such lines of one table, whose rows begin at the byte ``begin``."""

    def __init__(self, lines: Lines, delimiter: str, width: int, *, begin: int) -> None:
        self._lines, self._delimiter, self._width, self._begin = lines, delimiter, width, begin
        self._single = Single(delimiter)
        self._sloppy = re.compile(rf'"(.*?)"(?={re.escape(delimiter)}|\Z)', re.DOTALL)

    def over_lines(self, start: int) -> tuple[list[str], int] | None:
        """The record that the line at the byte ``start`` begins, and where the next line is; None if it is no such.

        The record's lines are not records by themselves.
        """
        whole = self._whole(start)
        return None if whole is None or self._are_records(start, whole[1]) else whole

    def as_text(self, line: str) -> list[str] | None:
        """The fields of a line with quotes that are text; None where it has not the right width in any way."""
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

    def _whole(self, start: int) -> tuple[list[str], int] | None:
        """A strict record that goes on over lines, and where the next line is; None where there is none."""
        delimiter = self._delimiter
        (line, following), at = self._lines.line(start), 0
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
                    if following >= self._lines.end:
                        return None
                    parts.append("\n")
                    (line, following), at = self._lines.line(following), 0
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
                return (fields, following) if len(fields) == self._width else None
            if len(fields) == self._width:
                return None
            at += 1

    def _are_records(self, start: int, end: int) -> bool:
        """Whether each line is a record by itself, with values known from other lines where columns repeat theirs."""
        if not any(self._known):
            return False
        first = True
        for line in self._lines.between(start, end):
            fields = line.split(self._delimiter) if first else self._alone(line)
            first = False
            if fields is None or len(fields) != self._width:
                return False
            if any(known and value.strip() not in known for value, known in zip(fields, self._known, strict=True)):
                return False
        return True

    def _alone(self, line: str) -> list[str] | None:
        fields = self._single.fields(line) if '"' in line else line.split(self._delimiter)
        return self.as_text(line) if fields is None else fields

    @cached_property
    def _sample(self) -> tuple[bool, list[set[str] | None]]:
        seen: list[Counter[str]] = [Counter() for _ in range(self._width)]
        rows = quoted = 0
        for line in self._beginning():
            fields = self._single.fields(line) if '"' in line else line.split(self._delimiter)
            quoted += '"' in line
            if fields is not None and len(fields) == self._width:
                rows += 1
                for values, value in zip(seen, fields, strict=True):
                    values[value.strip()] += 1
        return quoted * 2 > rows, [
            {value for value, count in values.items() if value and count > 1}
            if len(values) * _REPEATED <= rows
            else None
            for values in seen
        ]

    def _beginning(self) -> Iterator[str]:
        return islice(self._lines.between(self._begin, self._lines.end), _SAMPLE)

    @property
    def _mostly_quoted(self) -> bool:
        return self._sample[0]

    @property
    def _known(self) -> list[set[str] | None]:
        """For each column the values that several plain records have; None where values hardly come again."""
        return self._sample[1]


def _unquoted(value: str) -> str:
    if len(value) < 2 or not (value[0] == value[-1] == '"') or '"' in value[1:-1].replace('""', ""):
        return value
    return value[1:-1].replace('""', '"')
