"""Columns by name; messages about them fit, carry the remedy first and hold no text of the data."""

from __future__ import annotations

import pytest

from dataset_files import columns
from dataset_files.delimited import layout
from dataset_files.delimited.decoding import Decoded
from dataset_files.errors import LONGEST, FileError

ROWS = "\n".join(f"a text {number},{'ab'[number % 2]}" for number in range(12))


def find(header: str, *, text: str = "", label: str = "", rows: str = ROWS) -> columns.Columns:
    table = layout.parse(Decoded.of(f"{header}\n{rows}"), file="f")
    return columns.find(table, text_column=text, label_column=label, file="f")


def test_names_are_compared_without_case_white_space_and_composition() -> None:
    assert find(" TEXT ,Label").text == 0
    assert find("U\u0308ber  schrift,label", text="\u00fcber schrift").text == 0
    assert find("label,review").text == 1


@pytest.mark.parametrize(
    "header", ["the cup is won again by the same team,sport", "x" * 5000 + ",a", "won the cup,a", "a text 5,12.5"]
)
def test_a_first_line_that_is_a_row_is_not_quoted(header: str) -> None:
    with pytest.raises(FileError) as refused:
        find(header)
    message = str(refused.value)
    assert message.startswith("f:1: set data.dataset.text_column to the name of the text column, or add a header line:")
    assert "the first line looks like a row" in message and len(message) <= LONGEST
    assert header.split(",", maxsplit=1)[0][:20] not in message


def test_names_of_columns_are_shown_shortened() -> None:
    with pytest.raises(FileError) as refused:
        find(",".join(f"a_name_of_a_column_{number}" for number in range(400)), rows="")
    assert len(str(refused.value)) <= LONGEST and "a_name_of_a_column_11" in str(refused.value)


@pytest.mark.parametrize(
    ("header", "named", "message"),
    [
        ("title,category", {"text": "wording"}, "no column named 'wording' among: title, category"),
        ("title,category,title", {}, "f:1: give each column a different name: 2 columns are named 'title'"),
        ("title,category", {"text": "title", "label": "title"}, "text and label are the same column"),
        ("text", {"text": "x"}, "no comma, tab, semicolon or bar"),
    ],
)
def test_refusals(header: str, named: dict[str, str], message: str) -> None:
    with pytest.raises(FileError) as refused:
        find(header, **named, rows="" if "," not in header else ROWS)
    assert message in str(refused.value)
