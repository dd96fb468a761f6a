"""Finds the columns of a table that hold the text, the label and the optional fields."""

from __future__ import annotations

from dataclasses import dataclass

from model_code.training.data.reading import Table
from model_code.training.errors import DatasetError

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
COLUMNS_LISTED = 12  # in a message


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

    DatasetError when there is no text or label column, or both are the same.
    """
    text = _required(table, text_column, TEXT_COLUMNS, "text", file)
    label = _required(table, label_column, LABEL_COLUMNS, "label", file)
    if text == label:
        raise DatasetError(
            file=file,
            line=max(table.header_line, 1),
            problem="text and label are the same column",
            remedy="set data.dataset.text_column and data.dataset.label_column to two different columns",
        )
    names = _names(table)

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


def find_text(table: Table, *, text_column: str, file: str) -> int:
    """The position of the text column alone, as ``find`` finds it; DatasetError when there is none."""
    return _required(table, text_column, TEXT_COLUMNS, "text", file)


def _names(table: Table) -> list[str]:
    return [name.casefold() for name in table.columns]


def _required(table: Table, wanted: str, usual: tuple[str, ...], what: str, file: str) -> int:
    names = _names(table)
    candidates = (wanted.casefold(),) if wanted else usual
    for candidate in candidates:
        if names.count(candidate) > 1:
            raise DatasetError(
                file=file,
                line=max(table.header_line, 1),
                problem=f"{names.count(candidate)} columns are named {candidate!r}",
                remedy="give each column a different name",
            )
        if candidate in names:
            return names.index(candidate)
    listed = ", ".join(table.columns[:COLUMNS_LISTED])
    problem = f"no column named {wanted!r}" if wanted else f"no column recognised as the {what}"
    tried = "" if wanted else f" (known names: {', '.join(usual)})"
    raise DatasetError(
        file=file,
        line=max(table.header_line, 1),
        problem=f"{problem} among: {listed}{tried}",
        remedy=f"set data.dataset.{what}_column to the name of the {what} column, or add a header line",
    )
