"""Which labels look wrong: confident learning (Northcutt, Jiang and Chuang, JAIR 2021).

A row speaks for a label whose probability reaches that label's threshold: the mean probability that rows with the label
give it. The rows by given label and by the label that they speak for most are the confident joint; its cells outside
the diagonal, scaled to the rows of each given label, estimate how many labels are wrong. This is done twice: wrong
labels also mislead the model, so the second one is trained without the rows that lie outside the first diagonal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from model_code.training.data import folds
from model_code.training.data.rows import Row
from model_code.training.evaluation import evaluate, intervals, out_of_sample
from model_code.training.evaluation.out_of_sample import Answers

Array: TypeAlias = np.ndarray[Any, Any]

METHOD = (
    "confident learning (per-class thresholds, confident joint) on cross-validated probabilities of a linear TF-IDF "
    "model, twice: the second time trained without the rows that the first time look wrong; as many rows as the joint "
    "estimates, those with the least probable labels first; interval by resampling groups"
)
RESAMPLES = 400
_TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A row whose label looks wrong. position: in the rows; likely: the label that the model finds most likely."""

    position: int
    given: str
    likely: str
    probability_given: float
    probability_likely: float

    @property
    def margin(self) -> float:
        """How much more probable the likely label is than the given one, from 0 to 1."""
        return self.probability_likely - self.probability_given


@dataclass(frozen=True, kw_only=True)
class Judged:
    """``suspects``: the most suspicious first. ``wrong``: the estimated number of wrong labels, with its interval.

    ``answers``: of the models that were trained on all rows, also for the other texts.
    """

    suspects: list[Suspect]
    wrong: float
    wrong_interval: list[float]
    answers: Answers


def judge(
    rows: Sequence[Row],
    labels: Sequence[str],
    *,
    others: Sequence[str] = (),
    seed: int = 0,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Judged:
    """Judge the labels of ``rows``, of two labels at least, and answer the texts ``others``.

    Labels that are in one fold only can neither look wrong nor be likely. ``report(done, total)`` counts models.
    """
    truth = evaluate.positions([row.label for row in rows], labels)
    models = out_of_sample.CrossValidation(rows, labels, seed=seed)
    total = 2 * folds.FOLDS
    first = models.answers(others=others, report=lambda done: report(done, total))
    trusted = ~_doubted(_of_known(first), truth)
    second = models.answers(trusted=trusted, report=lambda done: report(folds.FOLDS + done, total))
    probabilities = _of_known(second)
    judged = np.nonzero(first.known[truth])[0]
    cells = _cells(probabilities, truth)[judged]
    wrong = float(_wrong(np.bincount(cells, minlength=len(labels) * (len(labels) + 1))[None, :], len(labels))[0])
    _, groups = np.unique([folds.group(rows[index]) for index in judged.tolist()], return_inverse=True)
    suspects = _suspects([_of_known(first), probabilities], truth, judged, labels)
    return Judged(
        suspects=suspects[: round(wrong)],
        wrong=wrong,
        wrong_interval=_interval(cells, groups, wrong, labels=len(labels), seed=seed),
        answers=first,
    )


def _doubted(probabilities: Array, truth: Array) -> Array:
    """Rows that speak for another label, bool, shape (rows,): at most half of a label's, the least probable ones."""
    labels = probabilities.shape[1]
    given, spoken = np.divmod(_cells(probabilities, truth), labels + 1)
    doubted = (spoken != given) & (spoken < labels)
    own = probabilities[np.arange(len(truth)), truth]
    for label in np.unique(truth[doubted]):
        of_label = np.nonzero(truth == label)[0]
        ordered = of_label[np.argsort(own[of_label], kind="stable")]
        doubted[ordered[len(ordered) // 2 :]] = False
    return np.asarray(doubted)


def _suspects(probabilities: Sequence[Array], truth: Array, judged: Array, labels: Sequence[str]) -> list[Suspect]:
    """The judged rows whose label is not the likeliest; first the one whose label both models find least probable."""
    both = np.exp(np.mean([np.log(np.maximum(each, _TINY)) for each in probabilities], axis=0))
    both /= both.sum(axis=1, keepdims=True)
    own, likely = both[np.arange(len(truth)), truth], both.argmax(axis=1)
    doubted = judged[likely[judged] != truth[judged]]
    return [
        Suspect(
            position=index,
            given=labels[truth[index]],
            likely=labels[likely[index]],
            probability_given=float(own[index]),
            probability_likely=float(both[index, likely[index]]),
        )
        for index in doubted[np.argsort(own[doubted], kind="stable")].tolist()
    ]


def _of_known(answers: Answers) -> Array:
    return np.asarray(np.where(answers.known, answers.probabilities, 0.0))


def _cells(probabilities: Array, given: Array) -> Array:
    """The cell of each row: ``given * (labels + 1) + the label it speaks for``, or ``labels`` if it speaks for none."""
    labels = probabilities.shape[1]
    thresholds = np.full(labels, np.inf)
    for label in np.unique(given):
        # A label that is not known has no probability anywhere, and no row may speak for it.
        thresholds[label] = probabilities[given == label, label].mean() or np.inf
    reached = probabilities >= thresholds
    spoken = np.where(reached, probabilities, -1.0).argmax(axis=1)
    return np.asarray(given * (labels + 1) + np.where(reached.any(axis=1), spoken, labels))


def _wrong(counts: Array, labels: int) -> Array:
    """Estimated wrong labels, shape (resamples,), from the cells' counts (resamples, labels * (labels + 1))."""
    cells = counts.reshape(-1, labels, labels + 1)
    rows, confident = cells.sum(axis=2), cells[:, :, :labels].sum(axis=2)
    right = cells[:, np.arange(labels), np.arange(labels)]
    share = np.divide(right, confident, out=np.ones_like(rows, dtype=float), where=confident > 0)
    return np.asarray((rows * (1 - share)).sum(axis=1))


def _interval(cells: Array, groups: Array, wrong: float, *, labels: int, seed: int) -> list[float]:
    """Ends of the estimate's interval: each group's rows are drawn together, a Poisson number of times.

    At least as wide as Wilson's interval, because no resample of few rows without a suspect has one.
    """
    if not len(cells):
        return [0.0, 0.0]
    chance = np.random.default_rng(seed)
    drawn = []
    for _ in range(RESAMPLES):
        weights = chance.poisson(1.0, size=int(groups.max()) + 1)[groups]
        counts = np.bincount(cells, weights=weights, minlength=labels * (labels + 1))
        drawn.append(_wrong(counts[None, :], labels)[0] * len(cells) / max(weights.sum(), 1))
    low, high = intervals.ends(np.array(drawn))
    widest = intervals.wilson(wrong, len(cells))
    return [min(low, widest[0] * len(cells)), max(high, widest[1] * len(cells))]
