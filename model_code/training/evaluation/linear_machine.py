"""The three machines of the linear model, all linear in the same terms, so that their weighted sum is one matrix.

A linear support vector machine; the same of terms weighted by label, which is the NB-SVM of Wang and Manning
("Baselines and Bigrams", ACL 2012); and multinomial naive Bayes with equal priors. Each is the best on some datasets,
and their sum on more (docs/benchmarks.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix, diags
from sklearn.svm import LinearSVC

NEVER = -100.0  # the margin of a label that no text has
MAX_LABELS = 64  # of the second machine, which takes a pass for each
SMOOTHING = 0.03  # added to a label's sum of each term
PENALTY = 0.1  # C of the second machine

Array: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Machine:
    """``coefficients`` of shape (terms, labels), ``bias`` (labels,); a label without texts is never the best."""

    coefficients: Array
    bias: Array

    def margins(self, matrix: csr_matrix) -> Array:
        """Shape (texts, labels)."""
        return np.asarray(matrix @ self.coefficients + self.bias)


class Fit(Protocol):
    """Fits a machine on a matrix of texts' terms and their label positions."""

    def __call__(self, matrix: csr_matrix, truth: Array, *, labels: int) -> Machine:
        """``matrix`` has shape (texts, terms), ``truth`` (texts,)."""


def all_terms(matrix: csr_matrix, truth: Array, *, labels: int) -> Machine:
    """The support vector machine, of ``matrix`` (texts, terms) and label positions ``truth`` (texts,)."""
    known = np.unique(truth)
    if len(known) < 2:
        return _joined([(np.zeros(matrix.shape[1]), 0.0)], known, labels)
    fitted = LinearSVC(random_state=0).fit(matrix, truth)
    return _joined(list(zip(fitted.coef_, np.atleast_1d(fitted.intercept_), strict=True)), known, labels)


def by_label(matrix: csr_matrix, truth: Array, *, labels: int) -> Machine:
    """The NB-SVM; with more than MAX_LABELS labels, ``all_terms``."""
    known = np.unique(truth)
    if not 1 < len(known) <= MAX_LABELS:
        return all_terms(matrix, truth, labels=labels)
    return _joined(list(_each(matrix, truth, known[-1:] if len(known) == 2 else known)), known, labels)


def bayes(matrix: csr_matrix, truth: Array, *, labels: int) -> Machine:
    """Naive Bayes: the logarithms of the terms' shares of a label, less their means over the labels."""
    known = np.unique(truth)
    if len(known) < 2:
        return all_terms(matrix, truth, labels=labels)
    shares = np.log(np.stack([_shares(matrix[truth == label]) for label in known]))
    return _joined([(each, 0.0) for each in shares - shares.mean(axis=0)], known, labels)


# With the usual weight of each; those fitted on the datasets of docs/benchmarks.md are from a tenth to twice as much.
MACHINES: tuple[tuple[Fit, float], ...] = ((all_terms, 1.0), (by_label, 1.0), (bayes, 0.2))


def _each(matrix: csr_matrix, truth: Array, known: Array) -> Iterator[tuple[Array, float]]:
    for label in known:
        inside = truth == label
        ratios = np.log(_shares(matrix[inside])) - np.log(_shares(matrix[~inside]))
        fitted = LinearSVC(random_state=0, C=PENALTY).fit(matrix @ diags(ratios), inside)
        yield fitted.coef_[0] * ratios, float(fitted.intercept_[0])


def _shares(matrix: csr_matrix) -> Array:
    """Each term's share of the texts' terms, shape (terms,)."""
    sums = np.asarray(matrix.sum(axis=0)).ravel() + SMOOTHING
    return np.asarray(sums / sums.sum())


def _joined(fitted: list[tuple[Array, float]], known: Array, labels: int) -> Machine:
    """Of one machine for each known label, or of one that tells the second of two from the first."""
    terms = len(fitted[0][0])
    coefficients, bias = np.zeros((terms, labels)), np.full(labels, NEVER)
    if len(fitted) == 1 and len(known) == 2:
        fitted = [(-fitted[0][0], -fitted[0][1]), *fitted]
    for label, (of_terms, base) in zip(known, fitted, strict=True):
        coefficients[:, label], bias[label] = of_terms, base
    return Machine(coefficients, bias)
