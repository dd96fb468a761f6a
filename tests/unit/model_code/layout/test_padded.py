"""A row for each text: runs of like length, at the least cost."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from model_code.serving.layout import runs
from model_code.serving.layout.padded import Padded
from tests.unit.model_code.layout.texts import PAD, cost, padded, texts


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([9], [[0]]),
        ([10, 30, 22], [[1, 2, 0]]),  # 20 and 8 pieces of padding are less than any run and its padding
        ([10, 30, 10, 30], [[1, 3], [0, 2]]),  # 40 are more than a run
        ([5, 200], [[1], [0]]),
        ([4000, 3000], [[0], [1]]),  # each alone exceeds the budget
    ],
)
def test_a_run_is_divided_where_padding_would_cost_more(lengths: list[int], expected: list[list[int]]) -> None:
    assert padded().divide(lengths) == expected


@pytest.mark.parametrize("seed", range(8))
def test_no_other_way_to_divide_padded_texts_costs_less(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "TOKENS_PER_RUN", 120)
    lengths = [int(each) for each in np.random.default_rng(seed).integers(3, 130, 9)]
    ordered = sorted(lengths, reverse=True)
    ways = [
        [ordered[begin:end] for begin, end in itertools.pairwise([0, *cuts, len(lengths)])]
        for count in range(len(lengths))
        for cuts in itertools.combinations(range(1, len(lengths)), count)
    ]
    divided = padded().divide(lengths)
    assert sorted(itertools.chain(*divided)) == list(range(9))
    least = min(sum(map(cost, way)) for way in ways)
    assert sum(cost([lengths[position] for position in run]) for run in divided) == pytest.approx(least)


def test_padded_texts_have_a_row_each() -> None:
    feeds, places = padded("token_type_ids").arrange(texts([2, 3]))
    assert feeds["input_ids"].tolist() == [[100, 101, PAD], [200, 201, 202]]
    assert feeds["attention_mask"].tolist() == [[1, 1, 0], [1, 1, 1]]
    assert feeds["token_type_ids"].tolist() == [[7, 7, 0], [7, 7, 7]]
    assert places.tolist() == [0, 1]
    assert set(padded().arrange(texts([1]))[0]) == Padded.REQUIRED
