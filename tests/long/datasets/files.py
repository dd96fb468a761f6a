"""Datasets as people have them: files of several formats, and columns and labels with every kind of character."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow
from pyarrow import parquet

from tests.unit.dataset_files.test_files import workbook

TEXT_COLUMN = 'Text & "body" / it\'s $HOME; 50%20'
LABEL_COLUMN = "Klasse /é体 $(id) `x`"

# Every label of the files, and what data.labels makes of it: None leaves its rows out.
LABELS: dict[str, str | None] = {
    'R&D / "Science"': 'R&D / "Science"',
    "$HOME; rm 'x'": "$HOME; rm 'x'",
    "<b>Übersicht</b>": "<b>Übersicht</b>",
    "体育 スポーツ": "体育 スポーツ",
    "ஆரோக்கியம்": "ஆரோக்கியம்",
    "العربية": "العربية",
    "100%25 \\ {0}": "100%25 \\ {0}",
    "None": "None",  # a class that looks like a missing value
    "sport": "Sport ⚽️",
    "Sport": "Sport ⚽️",
    "biz": "Деньги, «деловые»",
    "nan": None,
    "-": None,
}
MAPPING = {
    "rename": {"biz": "Деньги, «деловые»"},
    "merge": {"Sport ⚽️": ["sport", "Sport"]},
    "drop": ["nan", "-"],
}
WRITTEN = sorted({name for name in LABELS.values() if name is not None})  # as the user wants to see them

Row = tuple[str, str]


def made(labels: Sequence[str], *, each: int, seed: int) -> list[Row]:
    """Texts of six words from a vocabulary that only their label has, and a few words of all, in mixed order."""
    chosen = random.Random(seed)

    def words(count: int) -> list[str]:
        return ["".join(chosen.choices("bdfgklmnprst", k=1) + chosen.choices("aeiou", k=1)) * 2 for _ in range(count)]

    everyone = words(20)
    rows = []
    for label in labels:
        own = [f"{word}{label_word}" for word in words(24) for label_word in words(1)]
        rows += [(" ".join([*chosen.sample(own, 5), chosen.choice(everyone)]), label) for _ in range(each)]
    chosen.shuffle(rows)
    return rows


def delimited(rows: Sequence[Row], columns: Row = (TEXT_COLUMN, LABEL_COLUMN), *, by: str = ",") -> bytes:
    """The rows as a CSV file, or with another delimiter."""
    out = io.StringIO()
    csv.writer(out, delimiter=by).writerows([columns, *rows])
    return out.getvalue().encode()


def json_lines(rows: Sequence[Row], columns: Row = (TEXT_COLUMN, LABEL_COLUMN)) -> bytes:
    """The rows as JSON lines, the label first."""
    text_column, label_column = columns
    lines = (json.dumps({label_column: label, text_column: text}, ensure_ascii=False) for text, label in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def as_parquet(rows: Sequence[Row]) -> bytes:
    """The rows as a Parquet file, with one more column."""
    out = io.BytesIO()
    texts, labels = zip(*rows, strict=True)
    parquet.write_table(pyarrow.table({"n": range(len(rows)), LABEL_COLUMN: labels, TEXT_COLUMN: texts}), out)
    return out.getvalue()


def as_workbook(rows: Sequence[Row]) -> bytes:
    """The rows as an Excel workbook."""
    return workbook([[escape(value) for value in row] for row in ((TEXT_COLUMN, LABEL_COLUMN), *rows)])


MIXED = made(list(LABELS), each=40, seed=16)


def write_mixed(folder: Path, beside: Path) -> None:
    """Write the rows MIXED to a folder of five files, two of them in a folder below, and to one beside it."""
    parts = [MIXED[start::6] for start in range(6)]
    below = folder / "März & April"
    below.mkdir(parents=True)
    (folder / "a b.csv").write_bytes(delimited(parts[0]))
    (folder / "b's.jsonl").write_bytes(json_lines(parts[1]))
    (folder / "c$1.parquet").write_bytes(as_parquet(parts[2]))
    (below / "d.csv.gz").write_bytes(gzip.compress(delimited(parts[3])))
    (below / "e.xlsx").write_bytes(as_workbook(parts[4]))
    beside.write_bytes(delimited(parts[5], by="\t"))
