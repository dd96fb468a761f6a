"""How texts are divided into runs and laid out in tensors: padded, a row for each, and packed, several in a row."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from model_code.serving.layout import form, packed, runs
from model_code.serving.layout.packed import Packed
from model_code.serving.layout.padded import Padded

PAD = 9


@dataclass
class Text:
    """An encoding of so many word pieces, numbered from ``begin``."""

    length: int
    begin: int = 100
    ids: list[int] = field(init=False)
    type_ids: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = list(range(self.begin, self.begin + self.length))
        self.type_ids = [7] * self.length


def padded(*more: str) -> Padded:
    return Padded(Padded.REQUIRED | set(more), pad_id=PAD)


def packing(*more: str) -> Packed:
    return Packed(Packed.REQUIRED | set(more), pad_id=PAD)


def texts(lengths: Sequence[int]) -> list[Text]:
    return [Text(length, begin=100 * (number + 1)) for number, length in enumerate(lengths)]


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([9], [[0]]),
        ([10, 30, 22], [[1, 2, 0]]),  # 20 and 8 pieces of padding are less than any run and its padding
        ([10, 30, 10, 30], [[1, 3], [0, 2]]),  # 40 are more than a run
        ([5, 200], [[1], [0]]),
        ([4000, 3000], [[0], [1]]),  # each beyond the budget by itself
    ],
)
def test_a_run_is_divided_where_padding_would_cost_more(lengths: list[int], expected: list[list[int]]) -> None:
    assert padded().divide(lengths) == expected


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


def cost(run: Sequence[int]) -> float:
    tokens = max(run) * len(run)
    return np.inf if tokens > runs.TOKENS_PER_RUN and len(run) > 1 else tokens + runs.RUN_TOKENS


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
    found = padded().divide(lengths)
    assert sorted(itertools.chain(*found)) == list(range(9))
    least = min(sum(map(cost, way)) for way in ways)
    assert sum(cost([lengths[position] for position in run]) for run in found) == pytest.approx(least)


@pytest.mark.parametrize("seed", range(8))
def test_packed_runs_keep_the_budget_and_every_text(seed: int) -> None:
    lengths = [int(each) for each in np.random.default_rng(seed).integers(3, 130, 200)]
    found = packing().divide(lengths)
    assert sorted(itertools.chain(*found)) == list(range(200))
    sizes = [sum(lengths[position] for position in run) for run in found]
    assert max(sizes) <= runs.TOKENS_PER_RUN
    assert len(found) < 1.7 * sum(sizes) / runs.TOKENS_PER_RUN + 1


def test_padded_texts_have_a_row_each() -> None:
    feeds, places = padded("token_type_ids").arrange(texts([2, 3]))
    assert feeds["input_ids"].tolist() == [[100, 101, PAD], [200, 201, 202]]
    assert feeds["attention_mask"].tolist() == [[1, 1, 0], [1, 1, 1]]
    assert feeds["token_type_ids"].tolist() == [[7, 7, 0], [7, 7, 7]]
    assert places.tolist() == [0, 1]
    assert set(padded().arrange(texts([1]))[0]) == Padded.REQUIRED


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
    given = texts([int(each) for each in draw.integers(6, 31, int(draw.integers(1, 45)))])
    feeds, places = packing().arrange(given)
    slots = feeds["first_positions"].shape[1]
    for text, place in zip(given, places, strict=True):
        row, slot = divmod(int(place), slots)
        begin = feeds["first_positions"][row, slot]
        own = slice(begin, begin + text.length)
        assert feeds["input_ids"][row, own].tolist() == text.ids
        assert feeds["position_ids"][row, own].tolist() == list(range(text.length))
        assert (np.flatnonzero(feeds["segment_ids"][row] == slot + 1) == np.arange(begin, begin + text.length)).all()
    filled = feeds["segment_ids"] != packed.PADDING
    assert filled.sum() == sum(text.length for text in given)
    assert (feeds["input_ids"][~filled] == PAD).all()
    if len(given) > 12:
        assert filled.mean() > 0.88


def test_texts_of_one_length_are_not_padded() -> None:
    feeds, _ = packing().arrange(texts([8] * 16))
    assert feeds["input_ids"].shape == (16, 8)
    assert (feeds["segment_ids"] == 1).all()


@pytest.mark.parametrize(
    ("inputs", "kind"),
    [
        (("input_ids", "attention_mask"), Padded),
        (("input_ids", "attention_mask", "token_type_ids"), Padded),
        (("input_ids", "position_ids", "segment_ids", "first_positions"), Packed),
        (("input_ids", "position_ids", "segment_ids", "first_positions", "token_type_ids"), Packed),
    ],
)
def test_a_graph_tells_its_form_by_its_inputs(inputs: tuple[str, ...], kind: type) -> None:
    found = form.of(inputs, pad_id=PAD)
    assert isinstance(found, kind)
    assert set(found.arrange(texts([3]))[0]) == set(inputs)


@pytest.mark.parametrize("inputs", [("input_ids", "attention_mask", "pixels"), ("input_ids",)])
def test_inputs_of_no_form_are_named(inputs: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=f"laid out for: {', '.join(sorted(inputs))}$"):
        form.of(inputs, pad_id=PAD)
