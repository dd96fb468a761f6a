"""The records of a delimited text, line by line, each read by itself.

Lines that are plainly records are taken many at a time (plain.py); only what is left of a block is looked at line by
line, and those whose quotes are not one record's need more than their own line (doubtful.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, compress, islice, repeat

from dataset_files.delimited.doubtful import Doubtful
from dataset_files.delimited.lines import Lines
from dataset_files.delimited.plain import Plain
from dataset_files.delimited.single import MAX_FIELD, Single

LONG = f"a field of more than {MAX_FIELD:,} characters"
_BYTES = 32_000  # taken at a time: what the caches of a processor hold
_IN_VAIN = 2  # blocks in a row that were tried as plain and were not
_TRIED_AGAIN = 8  # after so many blocks
_BLOCK = 4096

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
    """Iterates over blocks of the rows below the first ``skip`` lines of a text; ``findings`` has the others."""

    def __init__(self, lines: Lines, delimiter: str, width: int, *, skip: int, quoting: bool = True) -> None:
        self.findings = Findings()
        self._lines, self._delimiter, self._width, self._skip = lines, delimiter, width, skip
        self._begin = lines.after(skip)
        self._quote = b'"' if quoting else b"\0no quote"
        self._plain = Plain(delimiter, width, quoting=quoting, decode=lines.text_of)
        self._single = Single(delimiter)
        self._doubtful = Doubtful(lines, delimiter, width, begin=self._begin)

    def __iter__(self) -> Iterator[Block]:
        """Blocks in the order of the file."""
        lines, done, at = self._lines, self._skip, self._begin
        blocks = in_vain = 0
        while at < lines.end:
            block, following = lines.block(at, _BYTES)
            # In a file with many odd lines most tries are in vain, and only some are made.
            columns = self._plain.columns(block) if in_vain < _IN_VAIN or not blocks % _TRIED_AGAIN else None
            blocks += 1
            in_vain = in_vain + 1 if columns is None else 0
            if columns is not None:
                count = len(columns[0])
                yield range(done + 1, done + count + 1), columns
            else:
                rows, count, following = self._line_by_line(block, done, at)
                if rows[0]:
                    yield rows
            done += count
            at = following

    def _line_by_line(self, block: bytes, before: int, at: int) -> tuple[Block, int, int]:
        """The records that begin in a block; how many lines they take with all odd ones; where the next line is."""
        lines = block.split(b"\n")
        starts = list(accumulate(map(len, lines), initial=at))  # less the line feeds before them
        apart: dict[int, Sequence[str]] = {}  # fields of lines that cannot be divided with the others, by place
        is_record = [True] * len(lines)
        taken, following = 0, at + len(block) + 1
        for place in self._not_plain(lines):
            if place < taken:
                continue
            fields, end = self._record(lines[place], before + place + 1, starts[place] + place)
            is_record[place] = fields is not None
            apart[place] = fields or ()
            taken = place + 1
            while taken < len(lines) and starts[taken] + taken < end:
                is_record[taken], apart[taken] = False, ()
                taken += 1
            if end > following:
                taken += self._lines.data.count(b"\n", following, end - 1) + 1
                following = end
        without_values = self._delimiter.encode() * (self._width - 1)
        for place in apart:
            lines[place] = without_values
        columns = self._plain.of_lines(lines)
        for place, values in apart.items():
            for column, value in zip(columns, values, strict=False):
                column[place] = value
        numbers: Sequence[int] = range(before + 1, before + len(lines) + 1)
        if not all(is_record):
            numbers = list(compress(numbers, is_record))
            columns = [list(compress(column, is_record)) for column in columns]
        return (numbers, columns), max(taken, len(lines)), following

    def _not_plain(self, lines: Sequence[bytes]) -> list[int]:
        """The places of lines that have quotes, another width or perhaps a field that is too long."""
        quote, between = self._quote, self._width - 1
        counts = map(bytes.count, lines, repeat(self._delimiter.encode()))
        places = [
            place
            for place, (line, count) in enumerate(zip(lines, counts, strict=True))
            if count != between or quote in line
        ]
        long = {place for place, size in enumerate(map(len, lines)) if size > MAX_FIELD}
        return sorted(long.union(places)) if long else places

    def _record(self, raw: bytes, number: int, start: int) -> tuple[Sequence[str] | None, int]:
        """The fields of the line that begins at the byte ``start``, if it is a row's; and where the next line is."""
        line, following = self._lines.text_of(raw), start + len(raw) + 1
        fields = self._single.fields(line) if self._quote in raw else line.split(self._delimiter)
        if fields is None:
            whole = self._doubtful.over_lines(start) if self._single.is_open else None
            if whole is not None:
                fields, following = whole
            else:
                fields = self._doubtful.as_text(line)
                if fields is not None:
                    self.findings.stray_quotes.append(number)
        if fields is None or len(fields) != self._width:
            # The delimiter may be white space itself.
            if line.strip() or (fields is not None and len(fields) > 1):
                self.findings.odd.append((number, not_columns(self._width)))
            return None, following
        if following - start > MAX_FIELD and any(len(value) > MAX_FIELD for value in fields):
            self.findings.odd.append((number, LONG))
            return None, following
        return fields, following
