"""Each line is read by itself: what one odd line does costs that line alone."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataset_files.delimited import layout, plain, records
from dataset_files.delimited.decoding import Decoded
from dataset_files.delimited.layout import Table
from dataset_files.delimited.single import MAX_FIELD
from dataset_files.errors import FileError

Rows = list[tuple[int, list[str]]]


def parse(content: str) -> tuple[Table, Rows]:
    table = layout.parse(Decoded.of(content), file="f")
    return table, [(line, list(fields)) for line, fields in table.rows]


def many(delimiter: str = ",", count: int = 12) -> list[str]:
    return [f"a text {number}{delimiter}{'ab'[number % 2]}" for number in range(count)]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize(
    "odd", ['"a stray quote{d}a', 'two "words" here{d}b', 'ends with one"{d}a', '"one" and "two"{d}b']
)
def test_stray_quotes_are_part_of_the_text(delimiter: str, odd: str) -> None:
    odd = odd.format(d=delimiter)
    lines = [f"text{delimiter}label", *many(delimiter), odd, *many(delimiter)]
    table, rows = parse("\n".join(lines))
    assert rows == [(number, line.split(delimiter)) for number, line in enumerate(lines[1:], 2)]
    assert table.findings.odd == []
    assert table.findings.stray_quotes in ([14], [])  # a quote in the middle of a field raises no question


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_ragged_line_costs_itself_alone(delimiter: str) -> None:
    """Whatever quotes stand above and below it."""
    odd = [f'"first{delimiter}a', f"too{delimiter}many{delimiter}a", "too few", f'"last"{delimiter}b']
    lines = [f"text{delimiter}label", *many(delimiter), *odd, *many(delimiter)]
    table, rows = parse("\n".join(lines))
    assert table.findings.odd == [(15, "not 2 columns"), (16, "not 2 columns")]
    assert len(rows) == 26
    assert (14, ['"first', "a"]) in rows and (17, ["last", "b"]) in rows


def test_a_text_of_any_number_of_lines_is_one_record() -> None:
    text = "\n".join(f"line {number}, and more" for number in range(200))
    table, rows = parse("\n".join(["text,label", *many(), f'"{text}",a', *many()]))
    assert (14, [text, "a"]) in rows and (214, ["a text 0", "a"]) in rows
    assert len(rows) == 25 and table.findings.odd == []


def test_lines_that_are_records_by_themselves_are_not_glued_into_one() -> None:
    """Two stray quotes that would enclose a field of many lines, whose labels show that it is none."""
    lines = ["text\tlabel", *many("\t"), '"we won\ta', *many("\t"), 'the cup"\tb', *many("\t")]
    table, rows = parse("\n".join(lines))
    assert [fields for _, fields in rows] == [line.split("\t") for line in lines[1:]]
    assert table.findings.odd == []


def test_lines_of_a_text_that_could_be_records_but_for_their_labels_are_one_text() -> None:
    _, rows = parse("\n".join(["text,label", *many(), '"well, yes', 'or no",a', *many()]))
    assert (14, ["well, yes\nor no", "a"]) in rows


def test_where_fields_are_quoted_a_quote_within_one_is_text() -> None:
    lines = [f'"text {number}","{"ab"[number % 2]}"' for number in range(12)]
    _, rows = parse("\n".join(['"text","label"', *lines, '"he said "yes" to me","a"', *lines]))
    assert (14, ['he said "yes" to me', "a"]) in rows


def test_a_quote_that_is_never_closed_is_text() -> None:
    _, rows = parse("\n".join(["text,label", *many(), '"open,a', *many()]))
    assert (14, ['"open', "a"]) in rows and len(rows) == 25


def test_fields_that_are_too_long_are_left_out() -> None:
    long = "x" * (MAX_FIELD + 1)
    content = ["text,label", *many(), f"{long},a", f'"{long[:9]}\n{long}",b', *many()]
    table, rows = parse("\n".join(content))
    assert [line for line, _ in table.findings.odd] == [14, 15] and "more than 131,072" in table.findings.odd[0][1]
    assert len(rows) == 24


def test_blank_lines_are_none_but_a_row_of_empty_fields_is_one() -> None:
    table, rows = parse("\n\ntext\tlabel\n\n  \nx\ta\n\t\n\t\t\n")
    assert rows == [(6, ["x", "a"]), (7, ["", ""])]
    assert table.findings.odd == [(8, "not 2 columns")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    _, rows = parse(end.join(["text,label", *many(), '"two\nlines",a']))
    assert len(rows) == 13
    assert rows[-1] == (14, ["two\nlines", "a"])


def test_a_carriage_return_within_a_line_is_white_space() -> None:
    _, rows = parse("text,label\none\rtwo,a\n" + "\n".join(many()))
    assert rows[0] == (2, ["one\rtwo", "a"]) and len(rows) == 13


@pytest.mark.parametrize("separator", [";", "|", "\t", ",", ":"])
def test_excel_s_first_line_names_the_delimiter(separator: str) -> None:
    table, rows = parse("\n".join([f"sep={separator}", f"text{separator}label", *many(separator)]))
    assert table.columns == ("text", "label") and rows[0] == (3, ["a text 0", "a"])


@pytest.mark.parametrize("line", ["sep=;", "sep=", 'sep="', "sep=||", '"sep=\t"'])
def test_a_line_that_names_another_delimiter_than_the_file_has_is_not_believed(line: str) -> None:
    table, rows = parse("\n".join([line, "text,label", *many()]))
    assert table.columns == ("text", "label") and len(rows) == 12 and table.findings.odd == []


@pytest.mark.parametrize(
    "header", ['"text", "label"', "\ufefftext,\u200blabel ", ' "text" ,\u00a0label', '"\ufefftext","label"']
)
def test_names_are_without_what_nobody_sees_around_them(header: str) -> None:
    assert parse("\n".join([header, *many()]))[0].columns == ("text", "label")


@pytest.mark.parametrize("again", ["text,label", '"text","label"', "\ufefftext,label", " text , label"])
def test_a_header_within_joined_files_is_not_a_row(again: str) -> None:
    table, rows = parse("\n".join(["text,label", *many(), again, "text,a", "b,label", *many()]))
    assert table.findings.odd == [(14, layout.HEADER_AGAIN)]
    assert len(rows) == 26 and rows[12:14] == [(15, ["text", "a"]), (16, ["b", "label"])]


def test_a_column_alone_may_have_its_name_as_a_text() -> None:
    table, rows = parse("text\nx\ntext\n")
    assert len(rows) == 2 and table.findings.odd == []


def test_the_delimiter_is_the_one_by_which_most_lines_have_the_header_s_columns() -> None:
    """Though another divides the header, too."""
    table, rows = parse("text, or title, or both;label\n" + "\n".join(many(";")))
    assert table.columns == ("text, or title, or both", "label") and len(rows) == 12


def test_names_in_a_header_may_go_on_over_lines() -> None:
    table, rows = parse('"text\nof it",label\nx,a\n')
    assert table.columns == ("text of it", "label") and rows == [(3, ["x", "a"])]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "f:1: give it a header line and one labelled text per line: the file is empty"),
        ("\n <!DOCTYPE html><html>", "f:1: download the data file itself: this is a web page"),
        ("version https://git-lfs.github.com/spec/v1", "f:1: fetch the data itself"),
        ("<table><tr><td>text</td></tr></table>", "f:1: open it with Excel and save it as CSV"),
        (r"{\rtf1\ansi text,label}", "f:1: save its table as CSV"),
        ("@relation r\n@attribute text string\n", "f:1: convert it to CSV: this is an ARFF file"),
        ("__label__a hello there\n__label__b so\n", "f:1: convert it to CSV with a text and a label column"),
    ],
)
def test_what_is_no_table_is_refused(content: str, message: str) -> None:
    with pytest.raises(FileError) as refused:
        parse(content)
    assert str(refused.value).startswith(message)


TEXTS = st.text(st.sampled_from('ab ,;\t"|\n'), max_size=12).filter(lambda text: bool(text.strip()))


@settings(deadline=None)
@given(rows=st.lists(st.tuples(TEXTS, st.sampled_from(["x", "y"])), min_size=1), delimiter=st.sampled_from(",\t;|"))
def test_what_the_csv_module_writes_is_read_as_it_was(rows: list[tuple[str, str]], delimiter: str) -> None:
    """With labels that lines within a text do not have."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("text", "label"), *rows])
    table, read = parse(written.getvalue())
    assert [tuple(fields) for _, fields in read] == rows
    assert table.findings.odd == []


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from('ab,"'), max_size=8), max_size=30))
def test_every_line_is_used_or_named(lines: list[str]) -> None:
    """Each line is a row's, or counted with a reason, or blank."""
    table, rows = parse("\n".join(["text,label", *lines]))
    starts = sorted([line for line, _ in rows] + [line for line, _ in table.findings.odd])
    assert len(set(starts)) == len(starts)
    lasts = [*[start - 1 for start in starts[1:]], len(lines) + 1] if starts else []
    for (start, fields), last in ((row, lasts[starts.index(row[0])]) for row in rows):
        inside = sum(field.count("\n") for field in fields)
        taken = start + inside
        assert all(not lines[number - 2].strip() for number in range(taken + 1, last + 1))
    if starts:
        assert all(not line.strip() for line in lines[: starts[0] - 2])


FIELDS = st.one_of(
    st.sampled_from(
        [
            "a",
            "b c",
            "x\ry",
            "",
            '"a,b"',
            '"a;b"',
            '"he said ""so"""',
            '""',
            '""""',
            '"two\nlines"',
            "caf\u00e9",
            "\u4e2d",
        ]
    ),
    st.text(st.sampled_from('ab,;"\r\0\u00e9'), max_size=5),
)
LARGE: dict[str, Any] = {"damaged": False, "delimiter": ",", "end": "\n", "size": 32_000}


@given(
    rows=st.lists(st.lists(FIELDS, min_size=1, max_size=4), max_size=40),
    width=st.integers(1, 4),
    delimiter=st.sampled_from(",;"),
    end=st.sampled_from(["\n", "\r\n"]),
    damaged=st.booleans(),
    size=st.sampled_from([12, 60, 32_000]),
)
@example(rows=[["one"], ["two"], ["a", "b", "c"]], width=3, **LARGE)
@example(rows=[["a", "b"], ["too", "many", "here"]], width=2, **LARGE)
@example(rows=[["one"], ["too", "many", "here"]], width=2, **LARGE)
@example(rows=[['"a,b"', "x\ry"]], width=2, **LARGE)
@example(rows=[['"a,b"', "x"], ['"open', "y"]], width=2, **LARGE)
@example(rows=[['"a""b"', "x"], ['"two\nlines"', "y"], ["a", "b"]], width=2, **LARGE)
@settings(deadline=None)
def test_lines_taken_together_are_read_as_alone(
    rows: list[list[str]], width: int, delimiter: str, end: str, damaged: bool, size: int
) -> None:
    """However many lines are taken at a time, and however they are divided, rows and findings are the same."""
    header, good = ["text", "label", "more", "last"][:width], ["\u00e9"] * width
    data = end.join(map(delimiter.join, [header, *[good] * 20, *rows])).encode()
    data += (b"\n" + delimiter.join(good).encode("latin-1")) * damaged

    def read(*, together: bool) -> tuple[list[tuple[int, tuple[str, ...]]], list[tuple[int, str]], list[int]]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(records, "_BYTES", size if together else 1)
            if not together:
                patch.setattr(plain.Plain, "columns", lambda *_: None)
            table = layout.parse(Decoded(data), file="f")
            read = [(line, tuple(fields)) for line, fields in table.rows]
        return read, sorted(table.findings.odd), table.findings.stray_quotes

    assert read(together=True) == read(together=False)


@pytest.mark.parametrize("line", ['"a, b",x', '"he said ""so""",x', '"caf\u00e9",""', "a,x", '"",x', '"""",x'])
def test_files_of_records_are_taken_together(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records as the csv module writes them need no look at single lines."""
    apart: list[object] = []
    monkeypatch.setattr(records.Delimited, "_line_by_line", lambda *arguments: apart.append(arguments))
    _, rows = parse("\n".join(["text,label", *[line] * 100]))
    assert rows == [(number, next(csv.reader([line]))) for number in range(2, 102)]
    assert apart == []


def test_lines_with_fewer_columns_are_not_glued_into_a_row() -> None:
    """Together they have as many fields as a row and its end."""
    table, rows = parse("text,label,id\na,x,1\none\ntwo\nb,y,2\n")
    assert rows == [(2, ["a", "x", "1"]), (5, ["b", "y", "2"])]
    assert table.findings.odd == [(3, "not 3 columns"), (4, "not 3 columns")]


@pytest.mark.parametrize("line", ['"x","y', '"open,a', 'a,"b', '"a ""b"" c,a', '","', '"",""x'])
def test_time_grows_with_the_lines_and_no_faster(line: str) -> None:
    """However quotes open and close across lines: eight times the lines take less than twenty times as long."""

    def seconds(count: int) -> float:
        content = "\n".join(["text,label", *[line] * count])
        best = 1e9
        for _ in range(3):
            started = time.process_time()
            parse(content)
            best = min(best, time.process_time() - started)
        return best

    assert seconds(8000) < 20 * seconds(1000) + 0.01
