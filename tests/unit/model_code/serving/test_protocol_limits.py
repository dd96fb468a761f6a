"""serving/protocol.py: time in proportion to a body's size, and forgotten quotes, which once made it quadratic."""

from __future__ import annotations

import csv
import io
import itertools

import pytest

from model_code.serving import protocol
from model_code.serving.protocol import CSV, JSON, JSON_LINES
from tests.linear import assert_linear


def by_restarts(text: str) -> list[tuple[tuple[str, ...], str]]:
    """What a body of CSV means: from its start, and again after each line whose quote nothing closes."""
    lines = io.StringIO(text, newline="").readlines()
    found: list[tuple[tuple[str, ...], str]] = []
    start = 0
    while start < len(lines):
        records, end = csv.reader(lines[start:]), start
        for fields in records:
            begin, end = end, start + records.line_num
            if end == len(lines) and len(list(csv.reader([*lines[begin:], "next"]))) == 1:
                found.append(((), "invalid_csv"))
                end = begin + 1
                break
            text = ",".join(fields)
            found.append(((text,), "") if text.strip() else ((), "invalid_inputs"))
        start = end
    return found


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

    assert_linear(made, parsed, size=800, what=repr(unit))
