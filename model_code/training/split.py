"""Train, validation and test parts that depend on the rows' content alone, not on their order."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from model_code.training.dataset import Row
from model_code.training.errors import TrainingError

DESCRIPTION = "by hash of the text, stratified by label, equal texts on one side"


@dataclass(frozen=True)
class Split:
    """The three parts; every row is in exactly one, and no text is in two."""

    train: list[Row]
    valid: list[Row]
    test: list[Row]

    def counts(self) -> dict[str, int]:
        """Rows in each part."""
        return {"train": len(self.train), "valid": len(self.valid), "test": len(self.test)}


def split(rows: Iterable[Row], *, valid_fraction: float, test_fraction: float, seed: int) -> Split:
    """Divide rows by label, whole groups of equal texts at a time; TrainingError when a part would be empty."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.text.casefold()].append(row)
    strata: dict[str, list[list[Row]]] = defaultdict(list)
    for key in sorted(groups, key=lambda text: _rank(text, seed)):
        strata[_majority(groups[key])].append(sorted(groups[key], key=lambda row: (row.text, row.label)))
    parts: tuple[list[Row], list[Row], list[Row]] = ([], [], [])
    for label in sorted(strata):
        test, rest = _take(strata[label], test_fraction)
        valid, train = _take(rest, valid_fraction / (1 - test_fraction))
        for part, chosen in zip(parts, (train, valid, test), strict=True):
            part.extend(row for group in chosen for row in group)
    for name, part in zip(("training", "validation", "test"), parts, strict=True):
        if not part:
            raise TrainingError(f"the {name} part would be empty: nearly all texts are equal; give more distinct texts")
    return Split(*(sorted(part, key=lambda row: _rank(f"{row.text}\0{row.label}", seed)) for part in parts))


def _rank(text: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\0{text}".encode()).digest()


def _majority(group: list[Row]) -> str:
    counts = Counter(row.label for row in group)
    return min(counts, key=lambda label: (-counts[label], label))


def _take(groups: list[list[Row]], fraction: float) -> tuple[list[list[Row]], list[list[Row]]]:
    """The first groups that hold ``fraction`` of the rows (at least one where three are there), and the rest."""
    rows = sum(map(len, groups))
    wanted = max(round(rows * fraction), 1 if len(groups) >= 3 else 0)
    taken = 0
    for position, group in enumerate(groups):
        if taken >= wanted:
            return groups[:position], groups[position:]
        taken += len(group)
    return [], groups  # one text makes up nearly everything: keep it for training
