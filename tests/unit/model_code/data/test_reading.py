"""Supported files, dropped rows, and error messages."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from model_code.training.data import dataset, reading
from model_code.training.errors import DatasetError
from tests.unit.model_code.data.tables import table, write


def uci_line(number: int, title: str, code: str) -> str:
    return f"{number}\t{title}\thttp://x/{number}\tSome Paper\t{code}\tstory{number}\tx.com\t139447037{number}"


def test_uci_file_as_published_with_unbalanced_quotes(tmp_path: Path) -> None:
    lines = [uci_line(number, f'The "quoted title {number}', "bemt"[number % 4]) for number in range(40)]
    read = dataset.load(write(tmp_path, "\n".join(lines) + "\n", "newsCorpora.csv"))
    assert read.labels == ["Business", "Entertainment", "Health", "Science"]
    assert (read.rows_read, len(read.rows)) == (40, 40)
    assert read.rows[0].text == 'The "quoted title 0'
    assert read.rows[7].line == 8


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiters_are_recognised(tmp_path: Path, delimiter: str) -> None:
    read = dataset.load(write(tmp_path, table(delimiter)))
    assert (len(read.rows), read.labels) == (24, ["Business", "Film"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_encodings(tmp_path: Path, encoding: str) -> None:
    read = dataset.load(write(tmp_path, table().replace("film", "Füm 東京").encode(encoding)))
    assert read.rows[1].text == "Füm 東京 opens 0"


def test_quoted_fields_with_newlines_keep_their_line_numbers(tmp_path: Path) -> None:
    content = 'title,category\n"two\nlines, one text",Business\n' + table().split("\n", 1)[1]
    read = dataset.load(write(tmp_path, content))
    assert read.rows[0].text == "two lines, one text"
    assert [row.line for row in read.rows[:3]] == [2, 4, 5]


def test_tab_separated_text_keeps_inner_quotes_and_loses_enclosing_ones(tmp_path: Path) -> None:
    content = table("\t") + 'He said "no\tFilm\n"Quoted ""whole"" field"\tFilm\n'
    assert [row.text for row in dataset.load(write(tmp_path, content)).rows[-2:]] == [
        'He said "no',
        'Quoted "whole" field',
    ]


def test_bad_rows_are_dropped_and_counted_with_their_lines(tmp_path: Path) -> None:
    read = dataset.load(write(tmp_path, table() + "  ,Film\nno label,\na,b,c\nshares rise 0,Business\n"))
    described = read.describe()
    repeated = "exact duplicate: the same text and label as another row"
    lines = {"empty text": 26, "missing label": 27, "not 2 columns": 28, repeated: 29}
    assert described["dropped"] == dict.fromkeys(lines, 1)
    assert described["dropped_first_lines"] == {reason: [line] for reason, line in lines.items()}
    assert described["dropped_rows"] == {reason: [[line, line]] for reason, line in lines.items()}
    assert (described["rows_read"], described["rows_used"], described["exact_duplicates"]) == (28, 24, 1)
    assert "dropped 1 rows: empty text (first lines: 26)" in read.drops.sentences()


def test_one_letter_codes_are_named_only_when_they_are_exactly_the_four(tmp_path: Path) -> None:
    five = "\n".join(["title,category", *(f"text {i},{'bemtx'[i % 5]}" for i in range(60))])
    assert dataset.load(write(tmp_path, five)).labels == ["b", "e", "m", "t", "x"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "headline,section_name\na,b\n",
            r"data\.csv:1: no column recognised as the label among: headline, section_name.*"
            r"; set data\.dataset\.label_column",
        ),
        ("", r"data\.csv:1: the file is empty"),
        ("title,category\n", r"data\.csv:1: there is no usable row"),
        (table().replace("Film", "Business"), r"data\.csv:2: every row has the same label 'Business'"),
        (table() + "lonely,Rare\n", r"data\.csv:26: label 'Rare' has 1 rows; at least 4 are needed; add rows"),
        (
            "title,category\n" + 'ok,A\n"open,A\n' + "x,A\n" * 80,
            r"data\.csv:3: a double quote that opens .* never closed",
        ),
        (table().encode() + b"caf\xe9,Film\n", r"data\.csv:26: byte 0xe9 is not UTF-8.*save the file as UTF-8"),
        (table().encode("utf-16-le"), r"data\.csv:1: the file has zero bytes"),
        (gzip.compress(table().encode()), r"data\.csv:1: not a text file: it is compressed with gzip; unpack it"),
        (
            b"PK\x03\x04" + bytes(40),
            r"data\.csv:1: not a text file: it is a zip archive or an Excel",
        ),
        (b"PAR1" + bytes(40), r"data\.csv:1: not a text file: it is a Parquet file; convert it"),
        ("\n <!DOCTYPE html><html>", r"data\.csv:1: this is a web page.*; download the data file itself"),
        ('{"title": "a", "category": "b"}\n', r"data\.csv:1: this is JSON, not a table; convert it"),
        ("\ufeff \n\n", r"data\.csv:1: the file is empty"),
        ("title,category,title\na,b,c\n", r"data\.csv:1: 2 columns are named 'title'; give each"),
        (
            "title,category\n" + "one, two,Film\n" * 30,
            r"data\.csv:2: 30 of 30 rows do not have 2 columns.*double",
        ),
        (
            "title,category\n" + "x" * 200_000 + ",A\n",
            r"data\.csv:2: a field has more than 131,072 characters",
        ),
        ("title,category\n" + ",A\nx,\n" * 9, r"data\.csv:1: there is no usable row \(dropped 9 rows: empty text"),
    ],
)
def test_refusals_name_file_line_and_remedy(tmp_path: Path, content: str | bytes, expected: str) -> None:
    with pytest.raises(DatasetError, match="^" + expected):
        dataset.load(write(tmp_path, content))


def test_a_channel_needs_exactly_one_file(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no file"):
        reading.find_file(tmp_path)
    write(tmp_path, "x", ".hidden")
    one = write(tmp_path, "x", "a.csv")
    assert reading.find_file(tmp_path) == one
    write(tmp_path, "x", "b.csv")
    with pytest.raises(DatasetError, match=r"2 files \(a\.csv, b\.csv\)"):
        reading.find_file(tmp_path)
