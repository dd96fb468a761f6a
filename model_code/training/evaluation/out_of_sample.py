"""What the linear model says about rows that it was not trained on: the basis for judging labels and choosing texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.special import softmax

from model_code.training.data import folds
from model_code.training.data.rows import Row
from model_code.training.evaluation import calibration, evaluate, linear_model
from model_code.training.evaluation.linear_model import Fitted, LinearFits

Array: TypeAlias = np.ndarray[Any, Any]

NAME = "TF-IDF (words 1-2, characters 2-5) + LinearSVC, cross-validated"
MAX_ROWS = 60_000  # whole groups of which are trained on, which bounds memory; the rest is only answered
AT_ONCE = 10_000


@dataclass(frozen=True)
class Answers:
    """Probabilities of the rows' labels, shape (rows, labels), each by a model that was not trained on the row's group.

    ``known``: bool, shape (labels,): whether a label could be judged, because it is in at least two folds.
    ``others``: probabilities for the texts without a label, shape (texts, labels).
    """

    probabilities: Array
    known: Array
    others: Array


class CrossValidation:
    """Folds and terms of ``rows``, of two labels at least, on which models are trained once or several times."""

    def __init__(self, rows: Sequence[Row], labels: Sequence[str], *, seed: int = 0) -> None:
        self._texts = [row.text for row in rows]
        self._labels = len(labels)
        self._truth = evaluate.positions([row.label for row in rows], labels)
        self._fold = folds.of(rows, seed=seed)
        self._used = _sample(rows, seed=seed)
        self._fits = LinearFits([rows[index] for index in self._used.tolist()], labels, machines=linear_model.PLAIN)

    def answers(
        self,
        *,
        trusted: Array | None = None,
        others: Sequence[str] = (),
        report: Callable[[int], None] = lambda folds_done: None,
    ) -> Answers:
        """Answers for the rows, and the mean of all folds' models for the texts ``others``.

        ``trusted``: bool, shape (rows,): the rows to train on, all by default. The margins become probabilities by one
        temperature, with which the out-of-sample probabilities of the trained rows have the least log loss.
        """
        used, truth = self._used, self._truth
        trusted = np.ones(len(truth), dtype=bool) if trusted is None else trusted
        known = np.array([len(np.unique(self._fold[truth == label])) > 1 for label in range(self._labels)])
        margins = np.zeros((len(truth), self._labels))
        # No model was trained on these: all answer together.
        unused = np.setdiff1d(np.arange(len(truth)), used)
        unlabelled = np.zeros((len(others), self._labels))
        for each in range(folds.FOLDS):
            held = np.nonzero(self._fold[used] == each)[0]
            model = self._fits.fitted(np.nonzero((self._fold[used] != each) & trusted[used])[0])
            margins[used[held]] = model.margins(held)[0]
            margins[unused] += _of(model, [self._texts[index] for index in unused.tolist()]) / folds.FOLDS
            unlabelled += _of(model, others) / folds.FOLDS
            report(each + 1)
        sure = used[trusted[used] & known[truth[used]]]
        temperature = calibration.least_loss(margins[sure], truth[sure])
        return Answers(
            probabilities=softmax(margins / temperature, axis=1),
            known=known,
            others=softmax(unlabelled / temperature, axis=1),
        )


def _of(model: Fitted, texts: Sequence[str]) -> Array:
    parts = [model.margins_of(texts[start : start + AT_ONCE])[0] for start in range(0, len(texts), AT_ONCE)]
    return np.concatenate(parts) if parts else np.zeros((0, 1))


def _sample(rows: Sequence[Row], *, seed: int) -> Array:
    """Positions of whole groups, chosen by hash, of about MAX_ROWS rows in all."""
    if len(rows) <= MAX_ROWS:
        return np.arange(len(rows))
    return np.array(list(_chosen(rows, seed)), dtype=np.int64)


def _chosen(rows: Sequence[Row], seed: int) -> Iterator[int]:
    share = MAX_ROWS / len(rows) * 2**64
    for index, row in enumerate(rows):
        if int.from_bytes(folds.rank(folds.group(row), seed)[:8]) < share:
            yield index
