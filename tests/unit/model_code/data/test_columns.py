"""Columns are recognised by their usual names or by the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_code.training.data import dataset
from model_code.training.errors import DatasetError
from tests.unit.model_code.data.tables import table, write


@pytest.mark.parametrize("header", ["text,label", "HEADLINE,Topic", "Class,title", "id,Text,sentiment"])
def test_usual_column_names_are_recognised(tmp_path: Path, header: str) -> None:
    names = [name.lower() for name in header.split(",")]
    rows = [
        ",".join("Aa"[i % 2] if name in {"label", "topic", "class", "sentiment"} else f"text {i}" for name in names)
        for i in range(24)
    ]
    assert dataset.load(write(tmp_path, "\n".join([header, *rows]))).labels == ["A", "a"]


def test_configured_columns_go_before_the_usual_ones(tmp_path: Path) -> None:
    rows = [f"wrong {i},right {i},X{i % 2},Y{i % 2}" for i in range(24)]
    path = write(tmp_path, "\n".join(["title,wording,category,verdict", *rows]))
    read = dataset.load(path, text_column="Wording", label_column="verdict")
    assert read.rows[0].text == "right 0"
    assert read.labels == ["Y0", "Y1"]


def test_missing_configured_column_is_named(tmp_path: Path) -> None:
    sentence = r"set data\.dataset\.text_column .*: no column named 'wording' among: title, category"
    with pytest.raises(DatasetError, match=sentence):
        dataset.load(write(tmp_path, table()), text_column="wording")
