"""Texts without labels, of which some are to be labelled next."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from contracts.texts import text_normalization
from dataset_files import files
from dataset_files import texts as dataset_texts
from dataset_files.errors import FileError
from model_code.training.data.rows import Row
from model_code.training.errors import DatasetError


def load(path: Path, *, text_column: str = "", encoding: str = "") -> list[Row]:
    """The normalised texts of a file with a text column, with their lines; a label column in it is ignored.

    DatasetError when there is no such column, or no text.
    """
    texts = []
    try:
        for content in files.contents(files.find([path])):
            for each in dataset_texts.of_file(content, text_column=text_column, encoding=encoding):
                text = text_normalization.normalised(each.text)
                if text:
                    texts.append(Row(text=text, label="", line=each.line))
    except FileError as error:
        raise DatasetError(file=error.file, line=error.line, problem=error.problem, remedy=error.remedy) from error
    if not texts:
        raise DatasetError(
            file=path.name, line=1, problem="there is no text below the header", remedy="name a file with texts"
        )
    return texts


def new(rows: Iterable[Row], *, labelled: Iterable[Row]) -> list[Row]:
    """The rows whose text is neither among the labelled ones nor among the rows before."""
    seen = {text_normalization.key(row.text) for row in labelled}
    fresh = []
    for row in rows:
        key = text_normalization.key(row.text)
        if key not in seen:
            seen.add(key)
            fresh.append(row)
    return fresh
