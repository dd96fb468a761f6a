"""The study's features are those of the past: no label counts before it is known, and never a headline's own."""

from __future__ import annotations

import numpy as np

from benchmarks.feature_study import Row, features, parts


def row(number: int, *, label: int, publisher: str = "p", known: float = 0.0, story: str = "s") -> Row:
    return Row(f"text {number}", label, publisher, story, number, known or number + 10)


def shares(rows: list[Row], *, of: list[Row]) -> np.ndarray:
    return features(rows, lambda one: one.publisher, of=of, labels=2)


def test_a_label_counts_from_when_it_is_known_and_never_for_its_own_headline() -> None:
    rows = [row(0, label=1), row(5, label=1), row(12, label=0), row(30, label=0)]
    counts = np.expm1(shares(rows, of=rows)[:, -1]).round(6)
    assert counts.tolist() == [0, 0, 1, 3]


def test_a_label_that_is_never_known_counts_never() -> None:
    rows = [row(0, label=1, known=float("inf")), row(50, label=0)]
    assert np.expm1(shares(rows, of=rows)[-1, -1]) == 0


def test_what_comes_later_changes_nothing() -> None:
    rows = [row(number, label=number % 2) for number in range(0, 100, 7)]
    late = [row(200 + number, label=1, publisher="p") for number in range(20)]
    assert np.array_equal(shares(rows, of=rows), shares(rows + late, of=rows))


def test_a_story_is_on_one_side() -> None:
    rows = [row(number, label=0, story=f"s{number % 9}") for number in range(60)]
    sides = [{one.story for one in part} for part in parts(rows, seed=1)]
    assert sum(map(len, sides)) == 9
    assert len(set.union(*sides)) == 9
