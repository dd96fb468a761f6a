"""Lines that are plainly records, many at a time: without a call for each line or field.

All of them are, or the answer is None and the caller looks at each; what is taken here, is what the caller would take.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dataset_files.delimited.single import MAX_FIELD

Columns = list[list[str]]


class Plain:
    """Divides blocks of lines in UTF-8 into columns of ``width`` values. ``decode`` makes text of them."""

    def __init__(self, delimiter: str, width: int, *, quoting: bool, decode: Callable[[bytes], str]) -> None:
        self._delimiter, self._width, self._quoting, self._decode = delimiter, width, quoting, decode
        # Each line's end is made a field of its own: where all lines have as many fields, it is at regular distances.
        self._end = f"{delimiter}\n{delimiter}".encode()

    def columns(self, block: bytes) -> Columns | None:
        """The columns; None where a line is not plainly a record."""
        if len(block) > MAX_FIELD:
            return None
        if not self._quoting or b'"' not in block:
            return self._divided(block)
        if b"\r" in block or b"\0" in block:  # the csv module has rules of its own for them
            return None
        parts = block.split(b'"')
        return self._with_quotes(parts) if len(parts) % 2 else None

    def of_lines(self, lines: Sequence[bytes]) -> Columns:
        """The columns of lines with ``width`` fields and no quotes."""
        columns = self._by_column(self._decode(self._end.join(lines)).split(self._delimiter), len(lines) - 1)
        assert columns is not None
        return columns

    def _divided(self, block: bytes, inside: Sequence[str] = ()) -> Columns | None:
        """The columns of lines without quotes, but for those that stand as fields for the values ``inside``.

        None where the rows have not this width, or a quote is not a field.
        """
        extended = block.replace(b"\n", self._end)
        line_feeds = (len(extended) - len(block)) // (len(self._end) - 1)
        fields = self._decode(extended).split(self._delimiter)
        at = -1
        try:
            for value in inside:
                at = fields.index('"', at + 1)
                fields[at] = value
        except ValueError:
            return None
        return self._by_column(fields, line_feeds)

    def _by_column(self, fields: list[str], line_feeds: int) -> Columns | None:
        """Columns of fields with a line feed, of so many, after each row's; None where rows have not this width."""
        step = self._width + 1
        if len(fields) + 1 != (line_feeds + 1) * step or fields[self._width :: step].count("\n") != line_feeds:
            return None
        return [fields[position::step] for position in range(self._width)]

    def _with_quotes(self, parts: Sequence[bytes]) -> Columns | None:
        """The columns of a block of which every second part was enclosed in quotes.

        A lone quote stands for each of these parts until the rest is divided: where each is a field then, every quote
        of the block encloses a field.
        """
        outside, inside = parts[0::2], parts[1::2]
        if not all(outside[1:-1]):
            outside, inside = _with_doubled(parts)
        quoted = b"\0".join(inside)
        if b"\n" in quoted:
            return None
        return self._divided(b'"'.join(outside), self._decode(quoted).split("\0"))


def _with_doubled(parts: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """The parts outside and inside of quotes, where two quotes with nothing between them are one that is text."""
    outside, inside = [parts[0]], [[parts[1]]]
    for place in range(2, len(parts) - 1, 2):
        if parts[place]:
            outside.append(parts[place])
            inside.append([parts[place + 1]])
        else:
            inside[-1].append(parts[place + 1])
    return [*outside, parts[-1]], [b'"'.join(pieces) for pieces in inside]
