"""Training, validation and test parts, which depend on the rows' content and not on their order."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contracts.datasets import manifest
from model_code.training.data import folds
from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError

DESCRIPTION = (
    "whole groups (stories and near duplicates) on one side, stratified by label, by hash of the content; "
    "groups too large for the validation or test part are in the training part"
)

OF_A_VERSION = (
    "the parts of the dataset version: a row keeps its part from version to version; new groups (near duplicates) on "
    "one side, stratified by label, by hash of the content"
)

LARGEST_SHARE = 1 / 3  # of a label's rows, in a group that goes to a small part because none of the label fits there


@dataclass(frozen=True)
class Split:
    """The three parts; every row is in exactly one, and no group is in two."""

    train: list[Row]
    valid: list[Row]
    test: list[Row]

    def counts(self) -> dict[str, int]:
        """Rows in each part."""
        return {"train": len(self.train), "valid": len(self.valid), "test": len(self.test)}


@dataclass(frozen=True, slots=True)
class _Group:
    rows: list[Row]
    labels: Counter[str]


def split(rows: Iterable[Row], *, valid_fraction: float, test_fraction: float, seed: int) -> Split:
    """Divide rows by label, whole groups at a time; a row without a group goes with its equals.

    Each part gets its fraction of every label, or less if the groups are too large for it. Where no group of a label
    fits, though there are three or more, the part gets the smallest. TrainingError when a part would be empty or the
    training part would lack a label.
    """
    ranked = _ranked(rows, seed)
    total = Counter(row.label for group in ranked for row in group.rows)
    test, rest = _take(ranked, total, test_fraction)
    valid, train = _take(rest, total, valid_fraction)
    parts = Split(*(_in_order(part, seed) for part in (train, valid, test)))
    _check(parts, ranked, total)
    return parts


def divided(rows: Sequence[Row], *, valid_fraction: float, test_fraction: float, seed: int) -> Split:
    """The parts that a dataset version has, or those that `split` makes of any other dataset."""
    given = as_divided(rows)
    return given or split(rows, valid_fraction=valid_fraction, test_fraction=test_fraction, seed=seed)


def describe(rows: Sequence[Row]) -> str:
    """How the rows are divided, in a sentence for the reports."""
    return OF_A_VERSION if any(row.part for row in rows) else DESCRIPTION


def as_divided(rows: Sequence[Row]) -> Split | None:
    """The parts of a dataset version, whose rows have theirs; None for any other dataset. TrainingError for a mixture.

    Their order is that of `split`, so that it depends on the content alone.
    """
    named = {row.part for row in rows}
    if not any(named):
        return None
    if not named <= set(manifest.PARTS):
        wrong = min(named - set(manifest.PARTS))
        raise TrainingError(
            f"the column {manifest.PART_COLUMN!r} has the value {wrong[:40]!r}; a dataset version has only "
            f"{', '.join(manifest.PARTS)}: freeze it again, or rename the column"
        )
    members = {part: [row for row in rows if row.part == part] for part in manifest.PARTS}
    for part, name in zip(manifest.PARTS, ("training", "validation", "test"), strict=True):
        if not members[part]:
            raise TrainingError(f"the {name} part of the dataset version is empty: add rows and freeze a new version")
    return Split(**{part: _in_row_order(each) for part, each in members.items()})


def _in_row_order(rows: Sequence[Row], seed: int = 0) -> list[Row]:
    return sorted(rows, key=lambda row: _rank(f"{row.text}\0{row.label}", seed))


def extend(
    rows: Iterable[Row],
    already: Mapping[str, Counter[str]],
    *,
    valid_fraction: float,
    test_fraction: float,
    seed: int,
) -> Split:
    """Divide rows whose groups are new. already: rows by label that the parts "train", "valid" and "test" have.

    The parts then have their fractions of every label again, as far as the new groups allow; what was divided before
    stays where it is.
    """
    ranked = _ranked(rows, seed)
    total = sum(already.values(), Counter(row.label for group in ranked for row in group.rows))
    test, rest = _take(ranked, total, test_fraction, already["test"])
    valid, train = _take(rest, total, valid_fraction, already["valid"])
    return Split(*(_in_order(part, seed) for part in (train, valid, test)))


def _ranked(rows: Iterable[Row], seed: int) -> list[_Group]:
    members: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        members[folds.group(row)].append(row)
    return [
        _Group(members[name], Counter(row.label for row in members[name]))
        for name in sorted(members, key=lambda name: _rank(name, seed))
    ]


def _rank(text: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}\0{text}".encode(), digest_size=16).digest()


def _take(
    ranked: Sequence[_Group], total: Counter[str], fraction: float, already: Counter[str] | None = None
) -> tuple[list[_Group], list[_Group]]:
    """The groups that fit into ``fraction`` of each label's rows besides those there already, and the rest."""
    there = already or Counter()
    left = Counter({label: round(count * fraction) - there[label] for label, count in total.items()})
    taken: list[_Group] = []
    rest: list[_Group] = []
    for group in ranked:
        if all(left[label] >= count for label, count in group.labels.items()):
            left.subtract(group.labels)
            taken.append(group)
        else:
            rest.append(group)
    return _with_every_label(taken, rest, total, present=set(there))


def _with_every_label(
    taken: list[_Group], rest: list[_Group], total: Counter[str], *, present: set[str]
) -> tuple[list[_Group], list[_Group]]:
    """Move the smallest group of each label that neither ``taken`` nor ``present`` has, where two others stay and it is
    not too large.
    """
    present = present | {label for group in taken for label in group.labels}
    for label in sorted(set(total) - present):
        having = [group for group in rest if label in group.labels]
        smallest = min(having, key=lambda group: len(group.rows), default=None)
        if smallest and len(having) > 2 and smallest.labels[label] <= LARGEST_SHARE * total[label]:
            taken.append(smallest)
            rest = [group for group in rest if group is not smallest]
    return taken, rest


def _in_order(groups: Sequence[_Group], seed: int) -> list[Row]:
    return _in_row_order([row for group in groups for row in group.rows], seed)


def _check(parts: Split, groups: Sequence[_Group], total: Counter[str]) -> None:
    rows = total.total()
    largest = max((len(group.rows) for group in groups), default=0)
    for name, part in (("training", parts.train), ("validation", parts.valid), ("test", parts.test)):
        if not part:
            raise TrainingError(
                f"the {name} part would be empty: stories and near duplicates stay on one side, which leaves "
                f"{len(groups)} groups of the {rows} rows, the largest of {largest}; add more distinct texts, raise "
                "valid_fraction or test_fraction, or remove a story column that has few values"
            )
    missing = sorted(set(total) - {row.label for row in parts.train})
    if missing:
        raise TrainingError(
            f"the training part would have no row of label {missing[0]!r}: its rows are in too few groups of one story "
            "or of near duplicates; add more distinct texts of this label, or lower valid_fraction and test_fraction"
        )
