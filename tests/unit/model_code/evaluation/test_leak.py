"""The leak of a random split, measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_code.training.data import split
from model_code.training.evaluation import leak
from tests.unit.model_code.data.files import FRACTIONS, headlines, load


def test_the_leak_of_a_random_split_is_measured(tmp_path: Path) -> None:
    rows = []
    for number, (text, label) in enumerate(headlines(120, seed=4)):
        rows += [
            [variant, label, f"s{number}"] for variant in (text, f"UPDATE {number % 9}-{text}", f"{text} - sources")
        ]
    data = load(tmp_path, rows, "title\tcategory\tstory")
    parts = split.split(data.rows, **FRACTIONS)
    measured = leak.measure(data.rows, parts, labels=data.labels, **FRACTIONS)
    assert measured == leak.measure(data.rows[::-1], parts, labels=data.labels, **FRACTIONS)
    assert measured["this_split_share"] == 0
    assert measured["random_split_share"] > 0.8
    random, this = measured["baseline_accuracy_random"], measured["baseline_accuracy_this"]
    inflation, interval = measured["inflation"], measured["inflation_interval"]
    assert random is not None and this is not None and inflation is not None and interval is not None
    assert inflation == random - this > 0
    assert interval[0] < inflation < interval[1]


def test_the_leak_is_fitted_on_whole_groups_of_a_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leak, "MAX_ROWS", 200)
    data = load(tmp_path, headlines(600))
    parts = split.split(data.rows, **FRACTIONS)
    measured = leak.measure(data.rows, parts, labels=data.labels, **FRACTIONS)
    assert 190 <= measured["rows_used"] <= 200
    sampled = leak._sample(data.rows, seed=5)
    inside = {row.group for row in sampled}
    assert len(sampled) == sum(row.group in inside for row in data.rows)
