"""Texts to classify at the end of the demo: from the user's file, or a few headlines."""

import csv
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

COUNT = 8
_MAX_CHARACTERS = 2000
_ROWS_READ = 20_000
_TEXT_NAMES = ("text", "title", "headline", "sentence", "content", "message")
HEADLINES = (
    "Shares slide as bank warns of higher interest rates",
    "Singer announces world tour after surprise album",
    "New vaccine cuts flu cases among older adults, study finds",
    "Astronomers spot a planet with water in its clouds",
    "Carmaker to buy battery supplier for $2 billion",
    "Actor to star in sequel to hit space film",
    "Doctors warn of measles outbreak in three states",
    "Phone maker unveils tablet with faster chip",
)


def texts(file: Path | None, *, text_column: str | None) -> list[str]:
    """Eight texts spread over the file; the built-in headlines without a file, or if none can be read from it."""
    if file is None:
        return list(HEADLINES)
    # The training job reads and validates the file; this only takes samples.
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        candidates = _texts(list(islice(lines, _ROWS_READ)), text_column)
    return spread(candidates, COUNT) or list(HEADLINES)


def spread(values: Sequence[str], count: int) -> list[str]:
    """`count` distinct values at even distances, or fewer if there are not enough."""
    distinct = list(dict.fromkeys(values))
    step = max(len(distinct) / count, 1.0)
    return [distinct[int(position * step)] for position in range(min(count, len(distinct)))]


def _texts(lines: list[str], text_column: str | None) -> list[str]:
    if not lines:
        return []
    tabs = "\t" in lines[0]
    # The UCI file has unbalanced quotes: in tab-separated files, a quote is an ordinary character.
    rows = list(_rows(lines, tabs=tabs))
    header = [name.strip().lower() for name in rows[0]]
    wanted = (text_column.lower(),) if text_column else _TEXT_NAMES
    named = next((header.index(name) for name in wanted if name in header), None)
    column = _longest(rows) if named is None else named
    body = rows if named is None else rows[1:]
    cells = (row[column].strip() for row in body if len(row) > column)
    return [cell for cell in cells if 0 < len(cell) <= _MAX_CHARACTERS]


def _rows(lines: Iterable[str], *, tabs: bool) -> Iterable[list[str]]:
    if tabs:
        return (row for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if row)
    return (row for row in csv.reader(lines) if row)


def _longest(rows: list[list[str]]) -> int:
    """The column with the most spaces: texts have words; addresses and ids do not."""
    width = max(len(row) for row in rows)
    return max(range(width), key=lambda column: sum(row[column].count(" ") for row in rows if len(row) > column))
