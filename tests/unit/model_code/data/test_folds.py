"""Parts for cross-fitting: whole groups, every label in each, whatever the order of the rows."""

from __future__ import annotations

from collections import Counter

from model_code.training.data import folds
from model_code.training.data.rows import Row

ROWS = [Row(f"text {n}", "ABC"[n % 3], n, group=f"story {n // 2}" if n < 40 else "") for n in range(200)]


def test_groups_stay_whole_and_every_part_has_every_label() -> None:
    parts = folds.of(ROWS, seed=1)
    assert all(parts[n] == parts[n + 1] for n in range(0, 40, 2))
    sizes = Counter(zip(parts.tolist(), (row.label for row in ROWS), strict=True))
    assert set(sizes) == {(part, label) for part in range(folds.FOLDS) for label in "ABC"}
    assert max(sizes.values()) - min(sizes.values()) <= 1
    assert set(folds.of(ROWS, seed=1, count=3).tolist()) == {0, 1, 2}


def test_equal_texts_are_one_group() -> None:
    parts = folds.of([Row("Same text", "A", 1), Row("same TEXT", "B", 2), *ROWS], seed=0)
    assert parts[0] == parts[1]


def test_the_order_of_the_rows_changes_nothing_but_the_seed_does() -> None:
    parts = folds.of(ROWS, seed=1)
    assert (folds.of(ROWS[::-1], seed=1)[::-1] == parts).all()
    assert (folds.of(ROWS, seed=2) != parts).any()
