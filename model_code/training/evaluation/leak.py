"""The leak of a random split: near duplicates and story-mates on both sides make a model look better than it is."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from contracts.models.evaluation import Leak
from model_code.training.data import folds
from model_code.training.data.rows import Row
from model_code.training.data.split import Split, split
from model_code.training.errors import TrainingError
from model_code.training.evaluation import evaluate, intervals, linear_model

MAX_ROWS = 12_000  # for fitting; the shares are of all rows
METHOD = (
    "the same rows split once more, stratified by label but ignoring groups; share: test texts with a near duplicate "
    "or story-mate in the training part; inflation: how much higher TF-IDF + LinearSVC scores on that split than "
    f"on this one, with a 95 % interval, on whole groups of at most {MAX_ROWS:,} rows"
)


def measure(
    rows: Sequence[Row],
    parts: Split,
    *,
    labels: Sequence[str],
    valid_fraction: float,
    test_fraction: float,
    seed: int,
) -> Leak:
    """The "leak" of evaluation.json.

    Accuracies and inflation are None where the sampled rows are too few to be split.
    """
    fractions: dict[str, Any] = {"valid_fraction": valid_fraction, "test_fraction": test_fraction, "seed": seed}
    blind = _blind(rows, **fractions)
    sampled = _sample(rows, seed=seed)
    whole = len(sampled) == len(rows)
    figures: Leak = {
        "method": METHOD,
        "test_texts": len(blind.test),
        "random_split_share": _share(blind),
        "this_split_share": _share(parts),
        "baseline_accuracy_random": None,
        "baseline_accuracy_this": None,
        "inflation": None,
        "inflation_interval": None,
        "rows_used": len(sampled),
    }
    try:
        both = (blind, parts) if whole else (_blind(sampled, **fractions), split(sampled, **fractions))
    except TrainingError:
        return figures
    if min(len({row.label for row in each.train}) for each in both) == 1:
        return figures
    random_accuracy, accuracy = (_accuracy(each, labels) for each in both)
    inflation = random_accuracy - accuracy
    return {
        **figures,
        "baseline_accuracy_random": random_accuracy,
        "baseline_accuracy_this": accuracy,
        "inflation": inflation,
        "inflation_interval": intervals.difference((random_accuracy, len(both[0].test)), (accuracy, len(both[1].test))),
    }


def _accuracy(parts: Split, labels: Sequence[str]) -> float:
    fits = linear_model.LinearFits([*parts.train, *parts.test], labels, machines=linear_model.PLAIN)
    trained = np.arange(len(parts.train))
    answers = fits.fitted(trained).margins(np.arange(len(parts.test)) + len(trained))[0].argmax(axis=1)
    return float((answers == evaluate.positions([row.label for row in parts.test], labels)).mean())


def _blind(rows: Sequence[Row], *, valid_fraction: float, test_fraction: float, seed: int) -> Split:
    """The usual random split: each row on its own, stratified by label; the rank by hash makes it repeatable."""
    strata: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: _rank(row.text, seed)):
        strata[row.label].append(row)
    parts = Split([], [], [])
    for label in sorted(strata):
        test = max(round(len(strata[label]) * test_fraction), 1)
        valid = test + round(len(strata[label]) * valid_fraction)
        parts.test.extend(strata[label][:test])
        parts.valid.extend(strata[label][test:valid])
        parts.train.extend(strata[label][valid:])
    return parts


def _rank(name: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}\0leak\0{name}".encode(), digest_size=16).digest()


def _sample(rows: Sequence[Row], *, seed: int) -> Sequence[Row]:
    """Whole groups, chosen by their names' hashes, of at most MAX_ROWS rows together."""
    if len(rows) <= MAX_ROWS:
        return rows
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[folds.group(row)].append(row)
    chosen: list[Row] = []
    for name in sorted(groups, key=lambda name: _rank(name, seed)):
        if len(chosen) + len(groups[name]) <= MAX_ROWS:
            chosen.extend(groups[name])
    return chosen


def _share(parts: Split) -> float:
    """Of the test texts, those whose group has a row in the training part."""
    known = {row.group for row in parts.train if row.group}
    return sum(row.group in known for row in parts.test) / len(parts.test)
