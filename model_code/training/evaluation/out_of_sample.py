"""What a linear model says about rows that it was not trained on: the basis for judging labels and choosing texts.

TF-IDF of words and of letters, as in the baseline, and a linear support vector machine for each fold of the rows.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from model_code.training.data.rows import Row
from model_code.training.evaluation import evaluate

Array: TypeAlias = np.ndarray[Any, Any]

NAME = "TF-IDF (words 1-2, characters 2-5) + LinearSVC, cross-validated"
FOLDS = 5
MAX_ROWS = 60_000  # whole groups of which are trained on, which bounds memory; the rest is only answered
AT_ONCE = 10_000
_SCALES = (-2.0, 5.0)  # natural logarithms


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
    """Folds and features of ``rows``, of two labels at least, on which models are trained once or several times."""

    def __init__(self, rows: Sequence[Row], labels: Sequence[str], *, seed: int = 0) -> None:
        self._texts = [row.text for row in rows]
        self._labels = len(labels)
        self._truth = evaluate.positions([row.label for row in rows], labels)
        self._fold = folds(rows, count=FOLDS, seed=seed)
        self._used = _sample(rows, seed=seed)
        self._features = Features([self._texts[index] for index in self._used.tolist()])

    def answers(
        self,
        *,
        trusted: Array | None = None,
        others: Sequence[str] = (),
        report: Callable[[int], None] = lambda folds_done: None,
    ) -> Answers:
        """Answers for the rows, and the mean of all folds' models for the texts ``others``.

        ``trusted``: bool, shape (rows,): the rows to train on, all by default. The margins become probabilities by one
        factor, with which the out-of-sample probabilities of the trained rows have the least log loss.
        """
        used, truth = self._used, self._truth
        trusted = np.ones(len(truth), dtype=bool) if trusted is None else trusted
        margins = np.zeros((len(truth), self._labels))
        models = []
        for each in range(FOLDS):
            train = np.nonzero((self._fold[used] != each) & trusted[used])[0]
            held = np.nonzero(self._fold[used] == each)[0]
            models.append(Model(self._features.matrix[train], truth[used][train], labels=self._labels))
            if len(held):
                margins[used[held]] = models[-1].margins(self._features.matrix[held])
            report(each + 1)
        unused = np.setdiff1d(np.arange(len(truth)), used)
        # No model was trained on these: all answer together.
        margins[unused] = self._mean([self._texts[index] for index in unused.tolist()], models)
        sure = used[trusted[used]]
        factor = scale(margins[sure], truth[sure])
        return Answers(
            probabilities=softmax(margins * factor, axis=1),
            known=np.array([len(np.unique(self._fold[truth == label])) > 1 for label in range(self._labels)]),
            others=softmax(self._mean(others, models) * factor, axis=1),
        )

    def _mean(self, texts: Sequence[str], models: Sequence[Model]) -> Array:
        """The models' mean margins for texts that none was trained on, shape (texts, labels)."""
        parts = [np.zeros((0, self._labels))]
        for start in range(0, len(texts), AT_ONCE):
            matrix = self._features.of(texts[start : start + AT_ONCE])
            parts.append(np.mean([model.margins(matrix) for model in models], axis=0))
        return np.concatenate(parts)


def folds(rows: Sequence[Row], *, count: int, seed: int = 0) -> Array:
    """The fold of each row, shape (rows,): whole groups, stratified by label, by the content's hash."""
    members: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        members[row.group or row.text].append(index)
    held = [Counter[str]() for _ in range(count)]
    sizes = [0] * count
    fold = np.zeros(len(rows), dtype=np.int64)
    # The largest groups first: the small ones then even the folds out.
    for name in sorted(members, key=lambda name: (-len(members[name]), rank(name, seed))):
        of_labels = Counter(rows[index].label for index in members[name])
        chosen = min(range(count), key=lambda each: (sum(held[each][label] for label in of_labels), sizes[each], each))
        held[chosen].update(of_labels)
        sizes[chosen] += len(members[name])
        fold[members[name]] = chosen
    return fold


class Features:
    """TF-IDF of texts, shape (texts, terms) in ``matrix``; other texts in the same terms by ``of``."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._parts = (
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b", dtype=np.float32),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32),
        )
        self._used = [part for part in self._parts if _has_terms(part, texts)]
        self.matrix = self._joined([part.fit_transform(texts) for part in self._used])

    def of(self, texts: Sequence[str]) -> Any:
        """The texts' matrix, shape (texts, terms)."""
        return self._joined([part.transform(texts) for part in self._used])

    @staticmethod
    def _joined(parts: list[Any]) -> Any:
        return sparse.hstack(parts, format="csr")


class Model:
    """A linear support vector machine whose margins have a column for every label, also those it was not trained on."""

    def __init__(self, matrix: Any, truth: Array, *, labels: int) -> None:
        """``matrix`` (texts, terms) with the label positions ``truth`` (texts,)."""
        self._labels = labels
        self._present = np.unique(truth)
        self._machine = None
        if len(self._present) > 1:
            self._machine = LinearSVC(random_state=0).fit(matrix, truth)

    def margins(self, matrix: Any) -> Array:
        """Shape (texts, labels)."""
        found = np.full((matrix.shape[0], self._labels), -2.0)  # below what the machine gives a label it rejects
        if self._machine is None:
            found[:, self._present] = 0.0
            return found
        values = self._machine.decision_function(matrix)
        found[:, self._present] = np.stack([-values, values], axis=1) if values.ndim == 1 else values
        return found


def _has_terms(part: TfidfVectorizer, texts: Sequence[str]) -> bool:
    analyse = part.build_analyzer()
    return any(analyse(text) for text in texts)


def scale(margins: Array, truth: Array) -> float:
    """The factor of the margins, shape (texts, labels), that gives ``truth`` (texts,) the least log loss."""

    def loss(logarithm: float) -> float:
        logs = log_softmax(margins * math.exp(logarithm), axis=1)
        return -float(logs[np.arange(len(truth)), truth].mean())

    return math.exp(float(minimize_scalar(loss, bounds=_SCALES, method="bounded").x))


def _sample(rows: Sequence[Row], *, seed: int) -> Array:
    """Positions of whole groups, chosen by hash, of about MAX_ROWS rows in all."""
    if len(rows) <= MAX_ROWS:
        return np.arange(len(rows))
    return np.array(list(_chosen(rows, seed)), dtype=np.int64)


def _chosen(rows: Sequence[Row], seed: int) -> Iterator[int]:
    share = MAX_ROWS / len(rows) * 2**64
    for index, row in enumerate(rows):
        if int.from_bytes(rank(row.group or row.text, seed)[:8]) < share:
            yield index


def rank(name: str, seed: int) -> bytes:
    """A hash by which rows or groups are put in an order that depends on their content only."""
    return hashlib.blake2b(f"{seed}\0fold\0{name}".encode(), digest_size=16).digest()
