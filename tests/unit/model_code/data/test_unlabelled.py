"""Texts without labels: read with their lines, and only new ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_code.training.data import unlabelled
from model_code.training.data.rows import Row
from model_code.training.errors import DatasetError
from tests.unit.model_code.data.tables import write


def test_texts_are_read_with_their_lines_and_normalised(tmp_path: Path) -> None:
    path = write(tmp_path, "id,title,label\n1,Shares &amp; bonds,\n2,,\n3,Film  opens,Film\n")
    assert [(row.line, row.text) for row in unlabelled.load(path)] == [(2, "Shares & bonds"), (4, "Film opens")]


def test_a_file_of_one_column_may_have_the_delimiter_in_its_texts(tmp_path: Path) -> None:
    path = write(tmp_path, 'text\nShares rise, bonds fall\n"Film, opens"\n')
    assert [row.text for row in unlabelled.load(path)] == ["Shares rise, bonds fall", "Film, opens"]


def test_the_column_is_named_or_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, "subject,id\nShares rise,1\n")
    assert unlabelled.load(path, text_column="Subject")[0].text == "Shares rise"
    with pytest.raises(DatasetError, match=r"data\.csv:1: .*: no column recognised as the text among: subject, id"):
        unlabelled.load(path)


def test_a_file_without_texts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no text below the header"):
        unlabelled.load(write(tmp_path, "text,id\n,1\n"))


def test_known_and_repeated_texts_are_left_out() -> None:
    rows = [Row(text=text, label="", line=line) for line, text in enumerate(["A b", "C d", "c D", "E f"])]
    fresh = unlabelled.new(rows, labelled=[Row(text="a B", label="x", line=9)])
    assert [row.text for row in fresh] == ["C d", "E f"]
