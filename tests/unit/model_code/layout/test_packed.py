"""Rows that several texts share: little padding, and each text whole."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from model_code.serving.layout import packed, runs
from model_code.serving.layout.packed import Packed
from tests.unit.model_code.layout.texts import PAD, packing, texts


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([10, 30, 10, 30], [[1, 3, 0, 2]]),  # nothing is padded, so nothing is gained
        ([5, 200], [[1, 0]]),
        ([120, *[5] * 60], [[0], [*range(1, 61)]]),  # in the long text's row they would all attend to 120
        ([4000, 3000], [[0], [1]]),
    ],
)
def test_packed_runs_are_divided_for_attention_and_the_budget_alone(
    lengths: list[int], expected: list[list[int]]
) -> None:
    assert packing().divide(lengths) == expected


@pytest.mark.parametrize("seed", range(8))
def test_packed_runs_keep_the_budget_and_every_text(seed: int) -> None:
    lengths = [int(each) for each in np.random.default_rng(seed).integers(3, 130, 200)]
    divided = packing().divide(lengths)
    assert sorted(itertools.chain(*divided)) == list(range(200))
    sizes = [sum(lengths[position] for position in run) for run in divided]
    assert max(sizes) <= runs.TOKENS_PER_RUN
    assert len(divided) < 1.7 * sum(sizes) / runs.TOKENS_PER_RUN + 1


def test_packed_texts_share_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "ATTENTION", 0.0)
    feeds, places = packing("token_type_ids").arrange(texts([2, 5, 3]))
    assert feeds["input_ids"].tolist() == [[200, 201, 202, 203, 204], [300, 301, 302, 100, 101]]
    assert feeds["position_ids"].tolist() == [[0, 1, 2, 3, 4], [0, 1, 2, 0, 1]]
    assert feeds["segment_ids"].tolist() == [[1] * 5, [1, 1, 1, 2, 2]]
    assert feeds["token_type_ids"].tolist() == [[7] * 5, [7] * 5]
    assert feeds["first_positions"].tolist() == [[0, 0], [0, 3]]
    # The answer has a row for each slot: the second row's second one is the first text's.
    assert places.tolist() == [3, 0, 2]
    assert set(packing().arrange(texts([1]))[0]) == Packed.REQUIRED


@pytest.mark.parametrize("seed", range(6))
def test_packing_keeps_every_text_whole_and_wastes_little(seed: int) -> None:
    draw = np.random.default_rng(seed)
    batch = texts([int(each) for each in draw.integers(6, 31, int(draw.integers(1, 45)))])
    feeds, places = packing().arrange(batch)
    slots = feeds["first_positions"].shape[1]
    for text, place in zip(batch, places, strict=True):
        row, slot = divmod(int(place), slots)
        begin = feeds["first_positions"][row, slot]
        own = slice(begin, begin + text.length)
        assert feeds["input_ids"][row, own].tolist() == text.ids
        assert feeds["position_ids"][row, own].tolist() == list(range(text.length))
        assert (np.flatnonzero(feeds["segment_ids"][row] == slot + 1) == np.arange(begin, begin + text.length)).all()
    filled = feeds["segment_ids"] != packed.PADDING
    assert filled.sum() == sum(text.length for text in batch)
    assert (feeds["input_ids"][~filled] == PAD).all()
    if len(batch) > 12:
        assert filled.mean() > 0.88


def test_texts_of_one_length_are_not_padded() -> None:
    feeds, _ = packing().arrange(texts([8] * 16))
    assert feeds["input_ids"].shape == (16, 8)
    assert (feeds["segment_ids"] == 1).all()
