"""An erasure removes the text from datasets, and all else stays the same, byte for byte."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.erase import datasets
from ops.erase.editors import UnreadableError
from tests.unit.ops.erasures import GONE, left


@pytest.mark.parametrize(
    ("content", "kept", "result"),
    [
        ('title,category\n"Mary Smith, ill",b\nOther,e\n', "title,category\nOther,e\n", 1),
        ('title;category\r\nMary Smith, ill;b\r\n"mary  SMITH, ill";e\r\nx;b', "title;category\r\nx;b", 2),
        # Quotes that belong to the text, and a field over two lines.
        ('label,text\nb,"Mary\nSmith, ill"\ne,"two\nlines"\n', 'label,text\ne,"two\nlines"\n', 1),
        ('text\tlabel\na "quote\tb\n"Mary Smith, ill"\tb\n', 'text\tlabel\na "quote\tb\n', 1),
        ('\n\ntext|label\nMary Smith, ill|b\n\nx|b\n', "\n\ntext|label\n\nx|b\n", 1),
        # Lines of another width, and quotes that are closed nowhere, take nothing else along.
        ('text\tlabel\n"Open\tb\nodd\nMary Smith, ill\tb\nMary Smith, ill\tb\tc\n', 'text\tlabel\n"Open\tb\nodd\n', 2),
        ('text,label\nI\x92m,b\n"Mary Smith, ill",b\n', 'text,label\nI\x92m,b\n', 1),
        # JSON lines.
        ('{"text": "a"}\n{"text": "Mary Smith,\\u0020ill", "n": 1}\n\n{"x": 2}\n', '{"text": "a"}\n\n{"x": 2}\n', 1),
        # The UCI set as published: no header, quotes unbalanced.
        ('1\tMary Smith, ill\tu\tp\tb\ts\th\t1\n2\t"Open\tu\tp\te\ts\th\t1\n', '2\t"Open\tu\tp\te\ts\th\t1\n', 1),
        # A header that happens to be the text stays: it is not a row.
        ('"Mary Smith, ill",b\nx,e\n', '"Mary Smith, ill",b\nx,e\n', 0),
        ("", "", 0),
        ("text,label\nnothing,b\n", "text,label\nnothing,b\n", 0),
        # All rows are erased already.
        ("text,label\n", "text,label\n", 0),
        ("\n", "\n", 0),
    ],
)  # fmt: skip
def test_a_dataset_loses_the_rows_of_the_text_and_nothing_else(content, kept, result):
    assert left(datasets.table, content) == (kept.encode(), result)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_dataset_keeps_its_encoding_and_mark(encoding):
    content, kept = "text,label\nÉté,b\n" + f'"{GONE}",e\n', "text,label\nÉté,b\n"
    assert left(datasets.table, content.encode(encoding)) == (kept.encode(encoding), 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04rest", "not a text file"),
        (b"\x1f\x8b\x08", "not a text file"),
        (b"text,label\nab\xe9c,b\n", "byte 0xe9 is not UTF-8"),
        ("text,label\n".encode("utf-16-le"), "zero bytes"),
        (b'[{"text": "a"}]\n', "not a table of lines"),
        (b'[{"text": "a"', "breaks off"),
        (b"<!DOCTYPE html>", "not a table"),
    ],
)
def test_a_dataset_that_cannot_be_taken_apart_is_refused_with_the_reason(content, reason):
    with pytest.raises(UnreadableError) as error:
        left(datasets.table, content)
    assert reason in str(error.value)


FIELDS = st.text(alphabet=st.sampled_from("abc, \";\n\t'é"), max_size=8)


@given(st.lists(st.tuples(FIELDS, FIELDS), min_size=1, max_size=6), st.sampled_from(",;|"))
def test_any_table_that_csv_writes_loses_exactly_the_wanted_rows(rows, delimiter):
    def written(some):
        import csv

        made = io.StringIO()
        csv.writer(made, delimiter=delimiter).writerows([("text", "label"), *some])
        return made.getvalue().encode()

    rows = [row for row in rows if row[0].strip() or row[1].strip()]
    marked = [*rows, ("MARK", "x")]
    kept, result = left(datasets.table, written(marked), lambda text: text == "MARK")
    assert (kept, result) == (written(rows), 1)


def test_a_dataset_with_a_long_field_is_taken_apart():
    long = "x" * 200_000
    content = f"{long},label\n{long},a\n"
    assert left(datasets.table, content + f'"{GONE}",b\n') == (content.encode(), 1)
