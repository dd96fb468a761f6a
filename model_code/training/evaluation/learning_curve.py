"""With few labelled rows: how good a model is, how sure that is, and how many more labels would help.

The linear model is cross-validated on growing shares of the rows, which takes seconds where fine-tuning takes minutes.
All rows are tested on, so the figures are surer than those of a small test part, though of a simpler model.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from model_code.training.data import folds
from model_code.training.data.rows import Row
from model_code.training.evaluation import evaluate, intervals, linear_model

Array: TypeAlias = np.ndarray[Any, Any]

FEW_PER_LABEL = 100  # median rows of a label, below which the curve is measured
FEW_TEST_TEXTS = 100
MAX_ROWS = 4_000  # the work is bounded for hundreds of labels
SHARES = (0.25, 0.5, 1.0)  # of the rows that are trained on
RESAMPLES = 500
LABELS_NAMED = 5
FARTHEST = 64.0  # times today's rows: how far the trend is followed
METHOD = (
    "TF-IDF + LinearSVC, cross-validated in whole groups on growing shares of the rows; trend: the error falls as a "
    "power of the number of rows, with a 95 % interval by resampling"
)


def measure(rows: Sequence[Row], labels: Sequence[str], *, seed: int = 0) -> dict[str, Any] | None:
    """The "learning_curve" of evaluation.json; None for a dataset with enough rows, or with too many labels to tell.

    ``points``: training rows, rows of a median label, accuracy with its interval. ``doubled``: the accuracy to expect
    with twice the rows, with its interval. ``rows_to_halve_errors``: rows a label to expect half the errors at, None
    where the curve does not say.
    """
    counts = Counter(row.label for row in rows)
    per_label = float(np.median([counts[label] for label in labels]))
    if per_label >= FEW_PER_LABEL or len(rows) > MAX_ROWS:
        return None
    right, trained = _points(rows, labels, seed=seed)
    sizes = [
        {
            "train_rows": round(size),
            "rows_per_label": round(per_label * size / len(rows), 1),
            "accuracy": hits / len(rows),
            "interval": intervals.wilson(hits, len(rows)),
        }
        for hits, size in zip(right, trained, strict=True)
    ]
    return {
        "method": METHOD,
        "rows": len(rows),
        "rows_per_label": per_label,
        "fewest_rows_of_a_label": min(counts.values()),
        "folds": folds.FOLDS,
        "points": sizes,
        "most_frequent": max(counts.values()) / len(rows),
        **_trend(np.array(right), np.array(trained), len(rows), per_label, seed=seed),
    }


def _points(rows: Sequence[Row], labels: Sequence[str], *, seed: int) -> tuple[list[int], list[float]]:
    """For each share: how many of all rows were answered right, and the mean number of training rows."""
    truth = evaluate.positions([row.label for row in rows], labels)
    fold = folds.of(rows, seed=seed)
    order = _order(rows, seed=seed)
    fits = linear_model.LinearFits(rows, labels, machines=linear_model.PLAIN)
    right, trained = [0] * len(SHARES), [0.0] * len(SHARES)
    for each in range(folds.FOLDS):
        held = np.nonzero(fold == each)[0]
        train = [index for index in order if fold[index] != each]
        if not len(held) or not train:
            continue
        for place, share in enumerate(SHARES):
            part = np.array(_share(train, truth, share))
            answers = fits.fitted(part).margins(held)[0].argmax(axis=1)
            right[place] += int((answers == truth[held]).sum())
            trained[place] += len(part) / folds.FOLDS
    return right, trained


def _order(rows: Sequence[Row], *, seed: int) -> list[int]:
    """Positions in an order that depends on the content only."""
    return sorted(range(len(rows)), key=lambda index: folds.rank(rows[index].text, seed))


def _share(train: Sequence[int], truth: Array, share: float) -> list[int]:
    """The first rows of each label, at least one."""
    of_label: dict[int, list[int]] = defaultdict(list)
    for index in train:
        of_label[int(truth[index])].append(index)
    return [index for members in of_label.values() for index in members[: max(round(len(members) * share), 1)]]


def _trend(right: Array, trained: Array, rows: int, per_label: float, *, seed: int) -> dict[str, Any]:
    """Twice the rows, and the rows for half the errors, by a straight line through the logarithms."""
    slope = _slopes(right[None, :], trained, rows)[0]
    now = 1 - right[-1] / rows
    chance = np.random.default_rng(seed)
    drawn = chance.binomial(rows, np.clip((right + 1) / (rows + 2), 0, 1), size=(RESAMPLES, len(right)))
    slopes = _slopes(drawn, trained, rows)
    doubled = 1 - (1 - drawn[:, -1] / rows) * 2.0 ** np.minimum(slopes, 0.0)
    times = 2 ** (-1 / slope) if slope < 0 else math.inf
    return {
        "doubled": {"accuracy": float(1 - now * 2 ** min(slope, 0.0)), "interval": intervals.ends(doubled)},
        "rows_to_halve_errors": round(per_label * times) if times <= FARTHEST and now > 0 else None,
    }


def _slopes(right: Array, trained: Array, rows: int) -> Array:
    """How fast the logarithm of the error falls with that of the rows, shape (resamples,)."""
    errors = np.log((rows - right + 0.5) / (rows + 1))
    across = np.log(trained) - np.log(trained).mean()
    square = float((across**2).sum())
    return (errors * across).sum(axis=1) / square if square > 0 else np.zeros(len(right))


def sentences(curve: dict[str, Any] | None, *, test_texts: int | None = None) -> list[str]:
    """What the curve says, and how little so few test texts do; without a curve, nothing."""
    if not curve:
        return []
    last = curve["points"][-1]
    low, high = last["interval"]
    said = [
        f"Few labels: {curve['rows_per_label']:g} rows for a typical label, {curve['fewest_rows_of_a_label']:,} for "
        f"the smallest. A linear model trained on {last['rows_per_label']:g} of them gets {last['accuracy']:.0%} of "
        f"all rows right in cross-validation (95 % interval {low:.0%} to {high:.0%}); "
        f"always the most frequent label would get {curve['most_frequent']:.0%}."
    ]
    if test_texts is not None and test_texts < FEW_TEST_TEXTS:
        said.append(
            f"{test_texts:,} test texts measure the model itself only roughly: see the interval beside each figure."
        )
    doubled = curve["doubled"]
    said.append(
        f"By its learning curve, twice as many labelled rows would give it about {doubled['accuracy']:.0%} "
        f"({doubled['interval'][0]:.0%} to {doubled['interval'][1]:.0%})"
        + (
            f", and about {curve['rows_to_halve_errors']:,} rows for each label half the errors."
            if curve["rows_to_halve_errors"]
            else "; the curve is too flat or too uncertain to say when the errors would halve."
        )
    )
    return said


def untested(labels: Sequence[str]) -> list[str]:
    """That nothing is known about these labels, which have no test text; nothing without any."""
    if not labels:
        return []
    shown = ", ".join(label[:60] for label in labels[:LABELS_NAMED])
    more = f" and {len(labels) - LABELS_NAMED} more" if len(labels) > LABELS_NAMED else ""
    return [
        f"No test text has the label {shown}{more}: how well it is recognised is unknown, and macro F1 leaves it out."
    ]
