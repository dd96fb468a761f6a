"""The split depends on content alone; the generator on its seed alone."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from model_code.dataset_generator import generate_headlines
from model_code.training.data import split
from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError


def rows() -> list[Row]:
    made = [Row(text, label, line) for line, (text, label) in enumerate(generate_headlines.headlines(600, seed=1), 1)]
    copies = [Row(row.text.upper(), row.label, 600 + line) for line, row in enumerate(made[:60])]
    return made + copies


def divide(labelled: list[Row]) -> split.Split:
    return split.split(labelled, valid_fraction=0.1, test_fraction=0.2, seed=5)


def texts(part: list[Row]) -> list[tuple[str, str]]:
    return [(row.text, row.label) for row in part]


def test_split_does_not_depend_on_row_order() -> None:
    shuffled = rows()
    random.Random(0).shuffle(shuffled)
    first, second = divide(rows()), divide(shuffled)
    assert [texts(part) for part in (first.train, first.valid, first.test)] == [
        texts(part) for part in (second.train, second.valid, second.test)
    ]


def test_split_keeps_equal_texts_on_one_side_and_loses_nothing() -> None:
    parts = divide(rows())
    keys = [{row.text.casefold() for row in part} for part in (parts.train, parts.valid, parts.test)]
    assert not (keys[0] & keys[1] or keys[0] & keys[2] or keys[1] & keys[2])
    assert sum(parts.counts().values()) == len(rows())


def test_same_text_under_two_labels_stays_on_one_side() -> None:
    both = [Row(f"text {i}", label, i) for i in range(60) for label in ("A", "B")]
    parts = split.split(both, valid_fraction=0.1, test_fraction=0.2, seed=1)
    assert not {row.text for row in parts.train} & {row.text for row in parts.test}


def test_split_is_stratified_and_holds_the_fractions() -> None:
    parts = divide(rows())
    overall, test = Counter(row.label for row in rows()), Counter(row.label for row in parts.test)
    for label, count in overall.items():
        assert test[label] == pytest.approx(0.2 * count, abs=2)
    assert parts.counts()["valid"] == pytest.approx(66, abs=6)


def test_another_seed_splits_differently() -> None:
    other = split.split(rows(), valid_fraction=0.1, test_fraction=0.2, seed=6)
    assert texts(other.test) != texts(divide(rows()).test)


def test_too_few_distinct_texts_are_refused() -> None:
    same = [Row("same", "A", i) for i in range(20)] + [Row("other", "B", i) for i in range(20)]
    with pytest.raises(TrainingError, match="part would be empty"):
        divide(same)


def grouped(label: str, sizes: list[int]) -> list[Row]:
    """Rows of one label in groups of these sizes."""
    return [
        Row(f"{label} {group} {member}", label, 1, f"{label}{group}")
        for group, size in enumerate(sizes)
        for member in range(size)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_large_groups_go_to_training_and_no_part_gets_more_than_its_share(seed: int) -> None:
    sizes = [300, 60, *[7] * 40, *[1] * 60]
    labelled = [*grouped("A", sizes), *grouped("B", sizes)]
    parts = split.split(labelled, valid_fraction=0.05, test_fraction=0.1, seed=seed)
    for part, fraction in ((parts.valid, 0.05), (parts.test, 0.1)):
        counts = Counter(row.label for row in part)
        assert all(0.75 * fraction * 700 <= counts[label] <= fraction * 700 for label in "AB")
    sides = [{row.group for row in part} for part in (parts.train, parts.valid, parts.test)]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 2 * len(sizes)
    assert {"A0", "B0"} <= sides[0]


def test_a_label_that_fits_nowhere_gets_its_smallest_group() -> None:
    labelled = [*grouped("A", [1] * 100), *grouped("B", [4, 3, 4, 4])]
    parts = split.split(labelled, valid_fraction=0.05, test_fraction=0.1, seed=1)
    assert [Counter(row.label for row in part)["B"] for part in (parts.test, parts.valid)] == [3, 4]


def test_a_label_that_training_would_lack_is_named() -> None:
    labelled = [*grouped("A", [1] * 100), *grouped("B", [2, 2])]
    with pytest.raises(TrainingError, match=r"training part would have no row of label 'B': its rows are in too few"):
        split.split(labelled, valid_fraction=0.45, test_fraction=0.5, seed=1)


@pytest.mark.parametrize("labels", [2, 5, 20])
@pytest.mark.parametrize("each", [4, 8, 16, 32, 64])
def test_few_rows_of_a_label_are_in_every_part(each: int, labels: int) -> None:
    few = [
        Row(f"text {place} {number} of it", f"class {place}", number)
        for place in range(labels)
        for number in range(each)
    ]
    parts = split.split(few, valid_fraction=0.05, test_fraction=0.10, seed=13)
    for part in (parts.train, parts.valid, parts.test):
        assert len({row.label for row in part}) == labels
    assert len(parts.train) >= len(few) / 2
