"""The request log's items cost as many write units for each text as docs/load.md gives."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts.logs import request_log
from contracts.models.measures import Measures
from lambda_src.classify.log_items import RequestFacts, build
from lambda_src.classify.response import Prediction

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "load.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+) \| (\d+) \| (-|\d+) \|$", PAGE, re.MULTILINE)
UNIT = 1024
LABEL = "Entertainment"[:12]


def size_of(value: Any) -> int:
    """Bytes of a value by "DynamoDB item sizes and formats" in its developer guide."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, int | float):
        digits = str(Decimal(repr(value))).replace(".", "").strip("-0")
        return -(-len(digits) // 2) + 1
    return 3 + sum(1 + size_of(one) for one in value)


def bytes_of(item: dict[str, Any]) -> int:
    return sum(len(name.encode()) + size_of(value) for name, value in item.items())


def item(labels: int, *, text: str = "", label: str = LABEL) -> dict[str, Any]:
    row = tuple((1 / 3 + at) / (labels / 3 + labels * (labels - 1) / 2) for at in range(labels))
    facts = RequestFacts(
        request_id="JKJaXmPLvHcESHA=",
        key_id="abcdefgh23",
        received=datetime(2026, 11, 20, 21, 35, 0, 123000, tzinfo=UTC),
        latency_ms=12.4,
        status=200,
        variant="champion",
        backend="sagemaker",
        keep_days=30,
        shards=16,
    )
    version = "rubric-prod-20261121-101500"
    measures: Measures = {"length": 128, "unknown_pieces": 0.0345, "unseen_words": 0.3333}
    [built] = build(facts, texts=[text], results=[Prediction(label, row, (label,) * labels, version, measures)])
    return dict(built)


def test_the_page_says_how_much_room_a_text_has() -> None:
    assert len(ROWS) >= 4
    for labels, rest, room in ROWS:
        size = bytes_of(item(int(labels)))
        assert abs(size - int(rest)) <= 10, (labels, size)
        assert room == "-" if size > UNIT else abs(UNIT - size - int(room)) <= 10, (labels, UNIT - size)


@pytest.mark.parametrize(("labels", "units"), [(2, 1), (4, 1), (151, 1), (500, 2)])
def test_a_headline_costs_as_much_with_151_labels_as_with_four(labels: int, units: int) -> None:
    assert -(-bytes_of(item(labels, text="x" * 200)) // UNIT) == units


@pytest.mark.parametrize("labels", [2, 20, 500])
def test_an_index_s_item_costs_one_unit_whatever_the_text_and_the_number_of_labels(labels: int) -> None:
    long = item(labels, text="x" * 10_000, label="L" * 100) | {"feedback_label": "F" * 100}
    for partition in request_log.PARTITIONS.values():
        held = ("request_id", "position", partition, request_log.PLACE, *request_log.INCLUDED)
        assert bytes_of({name: long[name] for name in held}) < UNIT / 2
