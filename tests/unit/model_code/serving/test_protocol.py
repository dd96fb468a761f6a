"""Requests parsed and answers formatted, in time proportional to the body's size, with any quotes."""

from __future__ import annotations

import csv
import io
import itertools
import json

import numpy as np
import pytest

from contracts.models.measures import Measures
from model_code.serving import protocol
from model_code.serving.protocol import CSV, JSON, JSON_LINES
from tests.linear_time import assert_linear


def by_restarts(text: str) -> list[tuple[tuple[str, ...], str]]:
    """What a body of CSV means: from its start, and again after each line whose quote nothing closes."""
    lines = io.StringIO(text, newline="").readlines()
    restarts: list[tuple[tuple[str, ...], str]] = []
    start = 0
    while start < len(lines):
        records, end = csv.reader(lines[start:]), start
        for fields in records:
            begin, end = end, start + records.line_num
            if end == len(lines) and len(list(csv.reader([*lines[begin:], "next"]))) == 1:
                restarts.append(((), "invalid_csv"))
                end = begin + 1
                break
            text = ",".join(fields)
            restarts.append(((text,), "") if text.strip() else ((), "invalid_inputs"))
        start = end
    return restarts


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_every_short_body_of_csv_means_what_it_did(length: int) -> None:
    for characters in itertools.product('",a\n', repeat=length):
        text = "".join(characters)
        items = protocol._csv_items(text)
        assert [(item.texts, item.error.code if item.error else "") for item in items] == by_restarts(text), text


UNITS = {
    JSON: ['{"inputs":"a"}', "[", '{"a":', '"a",', "1", " ", '"a":1,', '{"a":1,"a":1},', "\\u00e9", "[],"],
    JSON_LINES: [
        '{"inputs":"a"}\n',
        "\n",
        "[\n",
        '{"inputs":["a","b"]}\n',
        "9" * 50 + "\n",
        '"\n',
        "\r\n",
        '{"a":1}\n',
    ],
    CSV: ["a\n", '"\n', '\na","\n', '","\n\na', '"a""\n', '"a\n"', ',"\n', '""\n', "\r", "\n", "a,", '"a","\r', '"'],
}


@pytest.mark.parametrize(("kind", "unit"), [(kind, unit) for kind, units in UNITS.items() for unit in units])
@pytest.mark.parametrize("around", [("", ""), ('"', "")])
def test_time_is_in_proportion_to_a_bodys_size(kind: str, unit: str, around: tuple[str, str]) -> None:
    def made(size: int) -> str:
        return around[0] + unit * (size // len(unit)) + around[1]

    def parsed(body: str) -> None:
        try:
            protocol.parse(body, kind)
        except protocol.RequestError:
            return

    # A number of up to 4,300 digits costs Python the square of them, which is little; longer ones it refuses.
    assert_linear(made, parsed, size=6_000 if unit.isdigit() else 800, what=repr(unit))


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{broken", "application/json", "invalid_json"),
        (b"[" * 100_000, "application/json", "invalid_json"),
        (b"[1]", "application/json", "missing_inputs"),
        (b'{"inputs": 3}', "application/json", "invalid_inputs"),
        (b'{"inputs": ["ok", null]}', "application/json", "invalid_inputs"),
        (b'{"inputs": "  "}', "application/json", "invalid_inputs"),
        (b'{"inputs": "\\ud800"}', "application/json", "invalid_inputs"),
        (b'{"inputs": []}', "application/json", "empty_inputs"),
        (b"\xff\xfe", "application/json", "invalid_encoding"),
        (b"", "text/csv", "empty_request"),
        (b"x", "image/png", "unsupported_media_type"),
    ],
)
def test_bad_requests_have_a_code(body: bytes, content_type: str, code: str) -> None:
    with pytest.raises(protocol.RequestError) as caught:
        protocol.parse(body, content_type)
    assert caught.value.code == code


def test_csv_is_one_text_a_record() -> None:
    request = protocol.parse('plain, with comma\n"quoted ""x"",\nsecond line"\n\nlast', "text/csv; charset=utf-8")
    assert request.texts == ["plain, with comma", 'quoted "x",\nsecond line', "last"]
    assert [bool(item.error) for item in request.items] == [False, False, True, False]


def test_json_lines_answer_line_for_line_around_a_bad_one() -> None:
    request = protocol.parse('{"inputs": "a"}\n{bad\n{"inputs": ["b", "c"]}\n', "application/jsonlines")
    measures: list[Measures] = [{"length": n, "unknown_pieces": None, "unseen_words": 0.5} for n in (3, 1, 2)]
    answer = protocol.format_answer(
        request, np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), measures, labels=["X", "Y"], model_version="v"
    )
    first, second, third = map(json.loads, answer.splitlines())
    assert first == {
        "predicted_label": "X",
        "probabilities": [[0.9, 0.1]],
        "labels": ["X", "Y"],
        "model_version": "v",
        "measures": {"length": 3, "unknown_pieces": None, "unseen_words": 0.5},
    }
    assert second["error"]["code"] == "invalid_json"
    assert [each["predicted_label"] for each in third["predictions"]] == ["Y", "X"]
    assert [each["measures"]["length"] for each in third["predictions"]] == [1, 2]
