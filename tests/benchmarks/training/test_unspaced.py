"""The generated headlines without spaces: the same each time, and as hard as said."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from benchmarks.training import unspaced
from model_code.training.data import scripts


def test_the_same_seed_gives_the_same_headlines(tmp_path: Path) -> None:
    assert unspaced.main(["--rows", "300", "--seed", "5", "--csv", str(tmp_path / "one.csv")]) == 0
    with (tmp_path / "one.csv").open(encoding="utf-8", newline="") as file:
        written = [(row["text"], row["label"]) for row in csv.DictReader(file)]
    assert written == list(unspaced.headlines(300, seed=5))
    assert written[:50] != list(unspaced.headlines(50, seed=6))
    assert scripts.is_unspaced(text for text, _ in written)


def test_characters_are_everybodys_and_pairs_tell_the_class() -> None:
    """What makes the task one that single characters cannot solve."""
    made = list(unspaced.headlines(2000, seed=1))
    assert set(Counter(label for _, label in made)) == set(unspaced.LABELS)
    of = {label: "".join(text for text, each in made if each == label) for label in unspaced.LABELS[:2]}
    first, second = (Counter(text) for text in of.values())
    shared = sum((first & second).values()) / min(first.total(), second.total())
    pairs = [Counter(text[at : at + 2] for at in range(len(text) - 1)) for text in of.values()]
    shared_pairs = sum((pairs[0] & pairs[1]).values()) / min(pair.total() for pair in pairs)
    assert shared > 0.6 > 0.3 > shared_pairs
