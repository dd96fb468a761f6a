"""Tests the forms of data settings, and the rate that randomly chosen shards take at once (docs/load.md)."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import pytest

from environments.settings import load
from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs" / "load.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
PARTITION = 1_000  # write units a second that DynamoDB writes to one ("Best practices for partition keys")
PLACEMENTS = 1_000


def taken(shards: int, partitions: int) -> list[float]:
    """Units a second that an index takes until its fullest partition is full, least first."""
    made = random.Random(shards)
    fullest = [max(Counter(made.choices(range(partitions), k=shards)).values()) for _ in range(PLACEMENTS)]
    return sorted(PARTITION * shards / most for most in fullest)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_page_says_what_an_index_takes_at_once(row: tuple[str, ...]) -> None:
    rate, partitions, shards, mean, nine_of_ten, ninety_nine = map(int, row)
    data = load("dev", root=ROOT).data.model_copy(update={"write_rate": rate})
    assert (data.log_shards, max(4, rate // PARTITION)) == (shards, partitions)
    found = taken(shards, partitions)
    assert sum(found) / PLACEMENTS == pytest.approx(mean, rel=0.02)
    assert found[PLACEMENTS // 10] == pytest.approx(nine_of_ten, rel=0.06)
    assert found[PLACEMENTS // 100] == pytest.approx(ninety_nine, rel=0.1)


def test_the_default_comes_close_to_what_the_table_takes() -> None:
    data = load("dev", root=ROOT).data
    assert [row[0] for row in ROWS].count(str(data.write_rate)) == 1
    assert sum(taken(data.log_shards, 4)) / PLACEMENTS > 0.78 * data.write_rate
    assert sum(taken(16, 4)) / PLACEMENTS < 0.7 * data.write_rate, "a quarter of a partition is too much for a shard"


REFUSED = [
    ("data: {request_log_text: none}", "data.request_log_text: 'none' is not allowed; use one of: store, hash, drop"),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)
