"""From files to labelled texts: what is used, what is dropped and counted, and error messages."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from model_code.training.data import dataset
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
            r"data\.csv:1: set data\.dataset\.label_column .*: no column recognised as the label among: headline, sec",
        ),
        ("", r"data\.csv:1: give it a header line .*: the file is empty"),
        ("title,category\n", r"data\.csv:1: provide at least two labels .*: there is no usable row below the header"),
        (table().replace("Film", "Business"), r"data\.csv:2: add rows .*: every row has the same label 'Business'"),
        (table() + "lonely,Rare\n", r"data\.csv:26: add rows .*: label 'Rare' has 1 rows; at least 4 are needed"),
        (table().encode() + b"caf\xe9,Film\n", r"data\.csv:26: set data\.dataset\.encoding .*: byte 0xe9 is not UTF-8"),
        (table().encode("utf-16-le"), r"data\.csv:1: set data\.dataset\.encoding .*: the file has zero bytes"),
        ("title,category,title\na,b,c\n", r"data\.csv:1: give each column .*: 2 columns are named 'title'"),
        (
            "title,category\n" + "one, two,Film\n" * 30,
            r"data\.csv:2: put texts .* in double quotes.*: 30 of 30 rows do not have 2 columns",
        ),
        (
            "title,category\n" + ",A\nx,\n" * 9,
            r"data\.csv:1: provide .*: there is no usable row \(dropped 9 rows: empty",
        ),
        (
            '[{"text": "a", "label": ["x", "y"]}]',
            r"data\.csv:1: give each text one label: 1 rows have a list or an object as their label",
        ),
        (
            table().replace(",Film", ",\"['Film', 'War']\"").replace(",Business", ',"[""Business""]"'),
            r"data\.csv:2: give each text one label: 24 rows have a list or an object as their label",
        ),
    ],
)
def test_refusals_name_file_line_and_remedy(tmp_path: Path, content: str | bytes, expected: str) -> None:
    with pytest.raises(DatasetError, match="^" + expected):
        dataset.load(write(tmp_path, content))


def test_lists_written_into_a_csv_are_several_labels_and_brackets_alone_are_not(tmp_path: Path) -> None:
    odd = ["one,\"['a', 'b']\"", 'two,"[""a""]"', *[f"text {number},[x]" for number in range(4)]]
    read = dataset.load(write(tmp_path, table() + "\n".join(odd)))
    assert read.labels == ["Business", "Film", "[x]"]
    assert read.drops.ranges() == {"a list or an object instead of one label": [[26, 27]]}


def test_a_label_that_begins_like_a_list_is_looked_at_in_linear_time(tmp_path: Path) -> None:
    label = "['a'" + " " * 100_000 + "x"
    rows = "".join(f"text {number},{label}\n" for number in range(4))
    started = time.process_time()
    dataset.load(write(tmp_path, table() + rows))
    assert time.process_time() - started < 10  # in quadratic time it would be a minute


def test_joined_files_with_their_headers_are_one_dataset(tmp_path: Path) -> None:
    again = table().replace("opens", "closes").replace("rises", "falls")
    read = dataset.load(write(tmp_path, table() + again))
    assert dict(read.drops.count)["the header once more"] == 1 and read.labels == ["Business", "Film"]


def test_an_odd_line_and_stray_quotes_cost_no_other_row(tmp_path: Path) -> None:
    """One line with a column too many once made quotes syntax for the whole file, and rows vanished between them."""
    odd = ['"never closed\tFilm', "too\tmany\tcolumns", '"begins" with one\tFilm', 'ends with "one"\tFilm']
    read = dataset.load(write(tmp_path, table("\t") + "\n".join(odd)))
    assert (read.rows_read, len(read.rows), dict(read.drops.count)) == (28, 27, {"not 2 columns": 1})
    assert [row.text for row in read.rows[-3:]] == ['"never closed', '"begins" with one', 'ends with "one"']
    assert read.notes() == ["took quotes for text in 2 rows (first lines: 26, 28)"]


def test_several_files_are_one_dataset_whose_lines_go_on(tmp_path: Path) -> None:
    write(tmp_path, table(), "a.csv")
    write(
        tmp_path,
        table(";", header="id{d}title{d}category").replace("shares", "7;share").replace("film", "8;a film"),
        "b.csv",
    )
    read = dataset.load(tmp_path)
    assert (read.name, read.rows_read, read.labels) == ("2 files", 48, ["Business", "Film"])
    assert [(file["name"], file["lines"]) for file in read.describe()["files"]] == [
        ("a.csv", [1, 25]),
        ("b.csv", [26, 50]),
    ]
    assert (read.rows[24].text, read.rows[24].line) == ("share rise 0", 27)
    write(tmp_path, table() + "lonely,Rare\n", "c.csv")
    with pytest.raises(DatasetError, match=r"^c\.csv:26: .*label 'Rare'"):
        dataset.load(tmp_path)


def test_times_are_read_and_questions_are_passed_on(tmp_path: Path) -> None:
    def dated(*days: str) -> Path:
        lines = [f"a text {number},{'AB'[number % 2]},{days[number % len(days)]}" for number in range(24)]
        return write(tmp_path, "\n".join(["text,label,date", *lines]))

    assert [row.time for row in dataset.load(dated("20140301", "NULL")).rows[:2]] == [1393632000.0, None]
    read = dataset.load(dated("3/4/2014"))
    assert {row.time for row in read.rows} == {None}
    assert read.notes() == [f"read no times: {read.describe()['times']['question']}"]
    assert dataset.load(dated("3/4/2014"), time_format="day_first").rows[0].time == 1396483200.0
    [note] = dataset.load(dated("2014-03-01", "soon", "2014-03-02")).notes()
    assert note == "8 rows have a time of no known form (first lines: 3, 6, 9, 12, 15)"
