"""One line by itself, as RFC 4180 has it."""

from __future__ import annotations

import csv

MAX_FIELD = 131_072  # characters: the csv module's limit, too


class Single:
    """Reads lines one by one with the csv module."""

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
