"""The linear model: weighted words and characters, and a linear support vector machine, as the servers will score it.

Its squared hinge loss gives lower log loss after calibration, and higher accuracy, than logistic regression in a third
of the time (docs/benchmarks.md).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from model_code.serving.linear import terms, weights
from model_code.serving.linear.scorer import Scorer
from model_code.serving.linear.weights import Block, Weights
from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError

NAME = "TF-IDF (words 1-2, characters 2-5) + LinearSVC"
FEW_ROWS = 1000  # with fewer, a term in a single text counts too
NEVER = -10.0  # the score of a label that no text has
MAX_PIECES = 400_000  # and half as many words and pairs; fewer with many labels

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class LinearModel:
    """A fitted model, not calibrated. ``matrix``: the training rows' terms, for cross-fitting."""

    weights: Weights
    matrix: csr_matrix
    seconds: float

    def logits(self, texts: Sequence[str]) -> Array:
        """As served, before calibration; shape (texts, labels)."""
        return Scorer(self.weights).logits(texts)

    def scaled(self, factor: float, *, encoder_scale: float = 0.0) -> Weights:
        """The weights to serve: with logits multiplied by ``factor``."""
        words, pieces = (
            replace(block, coefficients=(block.coefficients.astype(np.float32) * factor).astype(np.float16))
            for block in (self.weights.words, self.weights.pieces)
        )
        return Weights(words, pieces, self.weights.bias * factor, encoder_scale)


def fit(rows: Sequence[Row], labels: Sequence[str]) -> LinearModel:
    """Fit on ``rows``. TrainingError when no text has a word."""
    started = time.monotonic()
    texts = [row.text for row in rows]
    room = max(weights.MAX_NUMBERS // len(labels) // 3, 1)
    most = min(MAX_PIECES, 2 * room)
    once = 1 if len(rows) < FEW_ROWS else 2
    counted = [
        _counted(terms.words_and_pairs, texts, min_df=once, most=most // 2),
        _counted(terms.pieces, texts, min_df=once, most=most),
    ]
    if not any(len(found) for found, _, _ in counted):
        raise TrainingError("no training text has a word, so there is nothing that a linear model could learn from")
    matrix = hstack([part for _, _, part in counted]).tocsr()
    coefficients, bias = _machine(matrix, _positions(rows, labels), labels=len(labels))
    at = len(counted[0][0])
    blocks = [
        Block(found, idf.astype(np.float32), np.ascontiguousarray(part, dtype=np.float16))
        for (found, idf, _), part in zip(counted, (coefficients[:at], coefficients[at:]), strict=True)
    ]
    made = Weights(blocks[0], blocks[1], bias)
    made.check()
    return LinearModel(made, matrix, time.monotonic() - started)


def cross_fitted(model: LinearModel, rows: Sequence[Row], labels: Sequence[str], parts: Array) -> Array:
    """Logits of ``rows``, those that ``model`` was fitted on, each by a model fitted without its part.

    Shape (rows, labels).
    """
    truth = _positions(rows, labels)
    logits = np.zeros((len(rows), len(labels)))
    for part in np.unique(parts):
        inside = parts == part
        coefficients, bias = _machine(model.matrix[~inside], truth[~inside], labels=len(labels))
        logits[inside] = model.matrix[inside] @ coefficients + bias
    return logits


def _counted(
    cut: Callable[[str], list[str]], texts: Sequence[str], *, min_df: int, most: int
) -> tuple[tuple[str, ...], Array, csr_matrix]:
    """The terms, their weights, and the texts' rows; none if no term is in ``min_df`` texts."""
    vectorizer = TfidfVectorizer(analyzer=cut, sublinear_tf=True, min_df=min_df, max_features=most)
    try:
        matrix = vectorizer.fit_transform(texts)
    except ValueError:  # no terms
        return (), np.zeros(0), csr_matrix((len(texts), 0))
    return tuple(vectorizer.get_feature_names_out().tolist()), vectorizer.idf_, matrix


def _machine(matrix: csr_matrix, truth: Array, *, labels: int) -> tuple[Array, Array]:
    """Coefficients of shape (terms, labels), and the bias (labels); a label without texts is never the best."""
    known = np.unique(truth)
    coefficients, bias = np.zeros((matrix.shape[1], labels)), np.full(labels, NEVER)
    if len(known) == 1:
        bias[known] = 0.0
        return coefficients, bias
    fitted = LinearSVC(random_state=0).fit(matrix, truth)
    of_known, its_bias = fitted.coef_.T, np.atleast_1d(fitted.intercept_)
    if len(known) == 2:  # scikit-learn has one score: for the second label, and against the first
        of_known, its_bias = np.hstack([-of_known, of_known]), np.concatenate([-its_bias, its_bias])
    coefficients[:, known], bias[known] = of_known, its_bias
    return coefficients, bias


def _positions(rows: Sequence[Row], labels: Sequence[str]) -> Array:
    place = {name: at for at, name in enumerate(labels)}
    return np.array([place[row.label] for row in rows], dtype=np.int64)
