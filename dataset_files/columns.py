"""Finds the columns of a table that hold the text, the label and the optional fields."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from dataset_files.delimited.layout import Table
from dataset_files.errors import FileError, shortened

TEXT_COLUMNS = (
    "text",
    "title",
    "headline",
    "sentence",
    "content",
    "message",
    "body",
    "review",
    "comment",
    "question",
    "query",
    "utterance",
    "description",
    "summary",
    "document",
)
LABEL_COLUMNS = ("label", "category", "class", "topic", "target", "intent", "sentiment", "genre", "section", "tag")
STORY_COLUMNS = ("story", "story_id", "group", "group_id")
PUBLISHER_COLUMNS = ("publisher", "source", "outlet")
TIME_COLUMNS = ("timestamp", "time", "datetime", "date", "published", "published_at", "created_at")
_LISTED = 12  # in a message
_NAME = 30  # characters of a name there
_WORDS = 4  # a name with more is taken for a text


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Positions of the columns; None for an optional one that the table lacks."""

    text: int
    label: int
    story: int | None
    publisher: int | None
    time: int | None


def find(table: Table, *, text_column: str, label_column: str, file: str) -> Columns:
    """The columns of ``table`` by name or, where a name is empty, the first with a usual name.

    FileError when there is no text or label column, or both are the same.
    """
    text = text_position(table, text_column, file=file)
    label = _required(table, label_column, LABEL_COLUMNS, "label", file)
    if text == label:
        raise FileError(
            file=file,
            line=max(table.header_line, 1),
            problem="text and label are the same column",
            remedy="set data.dataset.text_column and data.dataset.label_column to two different columns",
        )
    names = _folded(table)

    def optional(usual: tuple[str, ...]) -> int | None:
        positions = (names.index(name) for name in usual if name in names)
        return next((position for position in positions if position not in (text, label)), None)

    return Columns(
        text=text,
        label=label,
        story=optional(STORY_COLUMNS),
        publisher=optional(PUBLISHER_COLUMNS),
        time=optional(TIME_COLUMNS),
    )


def text_position(table: Table, text_column: str, *, file: str) -> int:
    """The text column's position, by its name or the usual ones; FileError where there is none."""
    return _required(table, text_column, TEXT_COLUMNS, "text", file)


def has_usual_text_name(table: Table) -> bool:
    """Whether a column has one of the names that texts usually have."""
    return not set(_folded(table)).isdisjoint(TEXT_COLUMNS)


def _folded(table: Table) -> list[str]:
    return [_fold(name) for name in table.columns]


def _fold(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()


def _required(table: Table, wanted: str, usual: tuple[str, ...], what: str, file: str) -> int:
    names = _folded(table)
    for candidate in (_fold(wanted),) if wanted else usual:
        if names.count(candidate) > 1:
            raise FileError(
                file=file,
                line=max(table.header_line, 1),
                problem=f"{names.count(candidate)} columns are named {shortened(candidate, _NAME)!r}",
                remedy="give each column a different name",
            )
        if candidate in names:
            return names.index(candidate)
    raise FileError(
        file=file,
        line=max(table.header_line, 1),
        problem=_problem(table, wanted, usual, what),
        remedy=f"set data.dataset.{what}_column to the name of the {what} column, or add a header line",
    )


def _problem(table: Table, wanted: str, usual: tuple[str, ...], what: str) -> str:
    """What is missing, and the names there are, unless they look like a row's values, which no message may hold."""
    lacks = f"no column named {shortened(wanted, _NAME)!r}" if wanted else f"no column recognised as the {what}"
    known = "" if wanted else f" (known names: {', '.join(usual)})"
    if len(table.columns) == 1:
        return f"{lacks}{known}; the first line has no comma, tab, semicolon or bar that would divide it into columns"
    if _is_row(table):
        return f"{lacks}{known}; the first line looks like a row and not like a header"
    listed = ", ".join(shortened(name, _NAME) for name in table.columns[:_LISTED])
    return f"{lacks} among: {listed}{known}"


def _is_row(table: Table) -> bool:
    """Whether the header is rather a row: it has a long name or a number, or values that rows below have, too."""
    if any(len(name) > _NAME or len(name.split()) > _WORDS or _is_number(name) for name in table.columns):
        return True
    header = list(table.columns)
    for _, (_, fields) in zip(range(1000), table.rows, strict=False):
        if any(name and name == value.strip() for name, value in zip(header, fields, strict=False)):
            return True
    return False


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True
