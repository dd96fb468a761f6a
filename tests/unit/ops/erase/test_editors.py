"""rubric erase: what it takes out of files, and that everything else stays byte for byte."""

from __future__ import annotations

import base64
import io
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.erase import batches, datasets, editors, erasure
from ops.erase.editors import UnreadableError
from ops.erase.targets import Wanted, of_text

GONE = "Mary Smith, ill"
AT = "2026-11-20T09:00:00.000Z"
HAS = Wanted(of_text(GONE, at=AT)).has_text


def left(editor, content, has_text=HAS):
    raw = content if isinstance(content, bytes) else content.encode()
    pieces = list(editor(lambda: io.BytesIO(raw), has_text))
    return b"".join(piece for piece, _ in pieces), sum(count for _, count in pieces)


@pytest.mark.parametrize(
    ("content", "kept", "found"),
    [
        ('title,category\n"Mary Smith, ill",b\nOther,e\n', "title,category\nOther,e\n", 1),
        ('title;category\r\nMary Smith, ill;b\r\n"mary  SMITH, ill";e\r\nx;b', "title;category\r\nx;b", 2),
        # Quotes that belong to the text, and a field over two lines.
        ('label,text\nb,"Mary\nSmith, ill"\ne,"two\nlines"\n', 'label,text\ne,"two\nlines"\n', 1),
        ('text\tlabel\na "quote\tb\n"Mary Smith, ill"\tb\n', 'text\tlabel\na "quote\tb\n', 1),
        ('\n\ntext|label\nMary Smith, ill|b\n\nx|b\n', "\n\ntext|label\n\nx|b\n", 1),
        # The UCI set as published: no header, quotes unbalanced.
        ('1\tMary Smith, ill\tu\tp\tb\ts\th\t1\n2\t"Open\tu\tp\te\ts\th\t1\n', '2\t"Open\tu\tp\te\ts\th\t1\n', 1),
        # A header that happens to be the text stays: it is no row.
        ('"Mary Smith, ill",b\nx,e\n', '"Mary Smith, ill",b\nx,e\n', 0),
        ("", "", 0),
        ("text,label\nnothing,b\n", "text,label\nnothing,b\n", 0),
    ],
)  # fmt: skip
def test_a_dataset_loses_the_rows_of_the_text_and_nothing_else(content, kept, found):
    assert left(datasets.table, content) == (kept.encode(), found)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_dataset_keeps_its_encoding_and_mark(encoding):
    content, kept = "text,label\nÉté,b\n" + f'"{GONE}",e\n', "text,label\nÉté,b\n"
    assert left(datasets.table, content.encode(encoding)) == (kept.encode(encoding), 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04rest", "not a text file"),
        (b"\x1f\x8b\x08", "not a text file"),
        (b"text,label\nab\xe9c,b\n", "not UTF-8 (byte 0xe9)"),
        ("text,label\n".encode("utf-16-le"), "zero bytes"),
        (b'{"text": "a"}\n', "not a table"),
        (b"<!DOCTYPE html>", "not a table"),
        (b'text,label\na,b\n"open,b\n' + b"x,b\n" * 60, "in the record at line 3 is never closed"),
        (b'text,label\n"open,b\n', "in the record at line 2 is never closed"),
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
    kept, found = left(datasets.table, written(marked), lambda text: text == "MARK")
    assert (kept, found) == (written(rows), 1)


def capture(texts, *, encoding="JSON"):
    data = json.dumps({"inputs": texts})
    if encoding == "BASE64":
        data = base64.b64encode(data.encode()).decode()
    given = {"data": data, "encoding": encoding, "mode": "INPUT", "observedContentType": "application/json"}
    return json.dumps({"captureData": {"endpointInput": given}, "eventMetadata": {"eventId": "e"}}) + "\n"


@pytest.mark.parametrize("encoding", ["JSON", "BASE64"])
def test_a_captured_request_with_the_text_goes_whole(encoding):
    stays = capture(["a", "b"], encoding=encoding)
    content = stays + capture(["a", GONE], encoding=encoding) + capture(GONE, encoding=encoding) + stays
    assert left(editors.captured, content) == ((stays * 2).encode(), 2)


@pytest.mark.parametrize(
    "content", ["no json\n", "{}\n", "[" * 100_000 + "\n", '{"captureData": {"endpointInput": {"data": 1}}}\n']
)
def test_what_is_no_capture_is_refused_by_its_line(content):
    with pytest.raises(UnreadableError) as error:
        left(editors.captured, capture("a") + content)
    assert str(error.value).startswith("line 2 ")


@pytest.mark.parametrize(
    ("content", "kept", "found"),
    [
        ('{"inputs": "a", "id": 1}\n{"inputs": "Mary Smith, ill", "id": 2}\n',
         '{"inputs": "a", "id": 1}\n{"inputs": "[erased]", "id": 2}\n', 1),
        ('{"inputs": ["a", "Mary Smith, ill"]}', '{"inputs": ["a", "[erased]"]}', 1),
        ('a\n"Mary Smith, ill"\r\nb,c\n', 'a\n[erased]\r\nb,c\n', 1),
        ('{"file": "x", "line": 2, "input": "{\\"inputs\\": \\"Mary Smith, ill\\"}", "error": {}}\n',
         '{"file": "x", "line": 2, "input": "[erased]", "error": {}}\n', 1),
        ('{"file": "x", "line": 2, "input": "\\"Mary Smith, ill\\"", "error": {}}\n',
         '{"file": "x", "line": 2, "input": "[erased]", "error": {}}\n', 1),
        ("\n\n", "\n\n", 0),
        # Commas that are part of the text.
        ('Mary Smith, ill\nMary Smith, ill, and more\n', '[erased]\nMary Smith, ill, and more\n', 1),
        ('\ufeffMary Smith, ill\r\na\rMary Smith, ill\rb', '\ufeff[erased]\r\na\r[erased]\rb', 2),
        # A text over several lines, and a quote that nobody closes.
        ('"Mary\nSmith, ill"\nb\n', '[erased]\n[erased]\nb\n', 1),
        ('"open\nMary Smith, ill\n', '"open\n[erased]\n', 1),
        # A name and another field of the same words stay, and so does what is written in an odd way.
        ('{"Mary Smith, ill": 1, "inputs": "a", "by": "Mary Smith, ill"}\n',
         '{"Mary Smith, ill": 1, "inputs": "a", "by": "Mary Smith, ill"}\n', 0),
        ('{ "inputs":["\\ud800","Mary Smith, \\u0069ll"],"n":1e400 }\n',
         '{ "inputs":["\\ud800","[erased]"],"n":1e400 }\n', 1),
        ('{"inputs": "Mary Smith, ill", "inputs": "a"}\n', '{"inputs": "[erased]", "inputs": "a"}\n', 1),
        # What the model refuses to read.
        ('{"text": "Mary Smith, ill"}\n', '{"text": "[erased]"}\n', 1),
        ('["Mary Smith, ill"]\n', '["[erased]"]\n', 1),
        ('{"inputs": "Mary Smith, ill", "n": ' + "9" * 5_000 + "}\n",
         '{"inputs": "[erased]", "n": ' + "9" * 5_000 + "}\n", 1),
        ('{"inputs": "Mary Smith, ill", ' + "[" * 5_000, '{"inputs": "[erased]", ' + "[" * 5_000, 1),
        ('{"inputs": "Mary Smith, ill\nb\n', '{"inputs": "[erased]"\nb\n', 1),
        # Texts of CSV that begin like JSON.
        ('{"quoted" words}, Mary Smith, ill\n', '{"quoted" words}, Mary Smith, ill\n', 0),
        ('{"file": "x", "line": 2, "input": "Mary Smith, ill", "error": {}}\n',
         '{"file": "x", "line": 2, "input": "[erased]", "error": {}}\n', 1),
        ('{"file": "x", "line": 2, "input": "{\\"text\\": \\"Mary Smith, ill\\"}", "error": {}}\n',
         '{"file": "x", "line": 2, "input": "[erased]", "error": {}}\n', 1),
        # Answers have labels, which may be the text's words.
        ('{"predicted_label": "Mary Smith, ill"}\n{"predictions": [{"labels": ["Mary Smith, ill"]}]}\n',
         '{"predicted_label": "Mary Smith, ill"}\n{"predictions": [{"labels": ["Mary Smith, ill"]}]}\n', 0),
        ("x" * 200_000 + '"\n"' + "y" * 200_000 + '"\nMary Smith, ill\n',
         "x" * 200_000 + '"\n"' + "y" * 200_000 + '"\n[erased]\n', 1),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_a_batch_file_keeps_its_lines(content, kept, found):
    assert left(batches.batch, content) == (kept.encode(), found)


def test_every_file_of_a_batch_is_looked_at():
    """A file of texts may be called like one of answers."""
    names = ("in/a.jsonl", "in/a.csv", "in/a.out", "out/a.out.out", "failed.jsonl", "x")
    assert all(erasure._of_batch(f"batch/{name}") is batches.batch for name in names)


def request(data, encoding):
    return json.dumps({"captureData": {"endpointInput": {"data": data, "encoding": encoding}}}) + "\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("Mary Smith, ill\nother\n", "CSV"),
        ('"Mary Smith, ill"\n', "CSV"),
        ('{"inputs": "a"}\n{"inputs": "Mary Smith, ill"}\n', "JSON"),
        ('{"inputs": "Mary Smith, ill", "n": ' + "[" * 5_000, "JSON"),
        (base64.b64encode(b'\xef\xbb\xbf{"inputs": "Mary Smith, ill"}').decode(), "BASE64"),
        ({"inputs": ["Mary Smith, ill"]}, "JSON"),
    ],
    ids=itertools.count(),
)
def test_a_captured_request_is_read_like_the_model_s(data, encoding):
    stays = request("a, Mary Smith, ill\nother\n", "CSV") + request(base64.b64encode(b"\xff").decode(), "BASE64")
    assert left(editors.captured, stays + request(data, encoding)) == (stays.encode(), 1)


def test_a_dataset_with_a_long_field_is_taken_apart():
    long = "x" * 200_000
    content = f"{long},label\n{long},a\n"
    assert left(datasets.table, content + f'"{GONE}",b\n') == (content.encode(), 1)


def test_an_evaluation_loses_the_mistakes_that_quote_the_text():
    document = {"accuracy": 0.9, "mistakes": [{"text": GONE, "truth": "b"}, {"text": "\ud800", "truth": "e"}]}
    kept, found = left(editors.evaluation, json.dumps(document))
    assert found == 1 and json.loads(kept) == {"accuracy": 0.9, "mistakes": [{"text": "\ud800", "truth": "e"}]}
    with pytest.raises(UnreadableError, match="not an evaluation"):
        left(editors.evaluation, "[" * 100_000)
    raw = json.dumps({"accuracy": 0.9})
    assert left(editors.evaluation, raw) == (raw.encode(), 0)
