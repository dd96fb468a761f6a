"""rubric erase finds each text that the model reads in a captured request or a file of rubric batch."""

from __future__ import annotations

import base64
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model_code.serving import protocol
from ops.erase import batches, editors, request_texts

CSV, LINES, JSON = "text/csv", "application/jsonlines", "application/json"
BODIES = st.text(alphabet=st.sampled_from('ab,"\n\r \ufeff{é'), min_size=1, max_size=30)
TEXTS = st.text(alphabet=st.sampled_from('ab,"\\\n\r/é\U0001f600\u2028{['), min_size=1, max_size=8)
INPUTS = TEXTS | st.lists(TEXTS, min_size=1, max_size=3)


def read(body: str, kind: str) -> list[str]:
    try:
        return protocol.parse(body.encode(), kind).texts
    except protocol.RequestError:
        return []


@given(BODIES)
@example("Jane Doe, 5 Main St, called\nother\n")
@example('"two, of\nthem"\r\n"a ""b"", c",d\n"open, and\nnext')
@example('a,"b\n"c\n"d"\n')
def test_the_texts_of_csv(body: str) -> None:
    assert set(read(body, CSV)) <= set(request_texts.texts(body))


@given(st.lists(INPUTS, min_size=1, max_size=4), st.booleans(), st.sampled_from([None, 1]))
def test_the_texts_of_json_and_json_lines(inputs: list[str | list[str]], escaped: bool, indent: int | None) -> None:
    lines = "".join(json.dumps({"id": "x", "inputs": one}, ensure_ascii=escaped) + "\n" for one in inputs)
    assert set(read(lines, LINES)) <= set(request_texts.texts(lines))
    body = json.dumps({"inputs": inputs[0], "id": "x"}, ensure_ascii=escaped, indent=indent)
    assert set(read(body, JSON)) <= set(request_texts.texts(body))
    assert "x" not in {*request_texts.texts(lines), *request_texts.texts(body)} - set(read(lines, LINES))


@pytest.mark.parametrize("encoding", ["CSV", "BASE64"])
def test_a_captured_request_of_several_lines_is_found(encoding: str) -> None:
    wanted = "Jane Doe, 5 Main St, called"
    for body in (f"{wanted}\nother\n", f'{{"inputs": "other"}}\n{{"inputs": ["a", "{wanted}"]}}\n', f'a\n"{wanted}"\n'):
        data = body if encoding == "CSV" else base64.b64encode(body.encode()).decode()
        line = json.dumps({"captureData": {"endpointInput": {"data": data, "encoding": encoding}}}).encode()
        pieces = list(editors.captured(lambda line=line: io.BytesIO(line), wanted.__eq__))  # type: ignore[misc]
        assert pieces == [(b"", 1)]


def erased(content: str, wanted: str) -> str:
    pieces = list(batches.batch(lambda: io.BytesIO(content.encode()), wanted.__eq__))
    assert sum(count for _, count in pieces) > 0
    return b"".join(piece for piece, _ in pieces).decode()


def check(content: str, kind: str) -> None:
    """Each text that the model reads is found, its line stays, and the texts of the other lines stay as they are."""
    for wanted in set(read(content, kind)) - {batches.ERASED}:
        left = erased(content, wanted)
        assert wanted not in read(left, kind)
        assert len(left.split("\n")) == len(content.split("\n"))
        if not any(len(record) > 1 for record in request_texts.csv_records(content)) or kind == LINES:
            # A line whose quote is never closed has no text, but is erased too, and can then be read.
            others = [one for one in read(content, kind) if one not in (wanted, batches.ERASED)]
            assert [one for one in read(left, kind) if one != batches.ERASED] == others


@given(BODIES)
@example('Jane Doe, 5 Main St, called\r\nother, too\n"quoted, ""and"" so"\n')
@example('a\r"a')
@example('"two\nlines",x\n"never closed\nJane Doe\n')
def test_a_batch_file_of_csv(content: str) -> None:
    check(content, CSV)


@given(st.lists(INPUTS, min_size=1, max_size=4), st.booleans())
def test_a_batch_file_of_json_lines(inputs: list[str | list[str]], escaped: bool) -> None:
    check("".join(json.dumps({"inputs": one}, ensure_ascii=escaped) + "\n" for one in inputs), LINES)
