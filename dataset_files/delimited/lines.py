"""The lines of a text that stays bytes in UTF-8 until a line is wanted."""

from __future__ import annotations

from collections.abc import Iterator

from dataset_files.delimited.decoding import Decoded


class Lines:
    """The lines of a text whose lines end with line feeds, by the byte at which they begin.

    ``end``: the byte after the last line that counts; by default that is the last one that is not empty.
    """

    def __init__(self, decoded: Decoded, *, end: int | None = None) -> None:
        self.decoded, self.data, self.text_of = decoded, decoded.data, decoded.text_of
        self.end = len(self.data) if end is None else end
        while self.end and self.data[self.end - 1] == 10:
            self.end -= 1

    def up_to(self, end: int) -> Lines:
        """The lines that begin before the byte ``end``."""
        return Lines(self.decoded, end=end)

    def line(self, start: int) -> tuple[str, int]:
        """The line at the byte ``start``, and where the next one is."""
        stop = self._stop(start)
        return self.text_of(self.data[start:stop]), stop + 1

    def between(self, start: int, end: int) -> Iterator[str]:
        """The lines from the byte ``start`` to before ``end``."""
        while start < end:
            line, start = self.line(start)
            yield line

    def block(self, start: int, size: int) -> tuple[bytes, int]:
        """Whole lines of ``size`` bytes, or a little more; and where the next one is."""
        stop = self._stop(min(start + size, self.end))
        return self.data[start:stop], stop + 1

    def after(self, count: int) -> int:
        """The byte at which the line after the first ``count`` ones begins; ``end`` if there are no more."""
        at = 0
        for _ in range(count):
            at = self._stop(at) + 1
        return min(at, self.end)

    def _stop(self, start: int) -> int:
        stop = self.data.find(b"\n", start, self.end)
        return self.end if stop < 0 else stop
