"""The terms of texts that a linear model is fitted on: how often each text has them, and TF-IDF matrices of them.

A matrix is weighted by the rows that a model is fitted on, so a model of some rows is judged on others as it will be on
new texts: what only those have counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from model_code.serving.linear import terms, weights

FEW_ROWS = 1000  # a model fitted on fewer counts a term in a single text, too
MAX_PIECES = 400_000  # and half as many words and pairs; fewer with many labels

Array: TypeAlias = np.ndarray[Any, Any]


class Terms:
    """Counted terms of ``texts``: words with pairs of words, and pieces of words."""

    def __init__(self, texts: Sequence[str], *, labels: int) -> None:
        """``labels``: how many weights each term will have, which limits the terms to the most frequent ones."""
        least = _least(len(texts))
        most = max(min(MAX_PIECES, 2 * (weights.MAX_NUMBERS // labels // 3)), 2)
        self._words, words = _counted(terms.words_and_pairs, texts, least=least, most=most // 2)
        self._pieces, pieces = _counted(terms.pieces, texts, least=least, most=most)
        self._counts = (words, pieces)

    @property
    def names(self) -> tuple[Array, Array]:
        """The words with the pairs, and the pieces, in the order of their columns."""
        none = np.zeros(0, dtype=object)
        words, pieces = (each.get_feature_names_out() if each else none for each in (self._words, self._pieces))
        return words, pieces

    def weights(self, rows: Array) -> tuple[Array, Array]:
        """The terms' inverse document frequencies in ``rows``, positions of texts; 0 for a term that too few have."""
        words, pieces = (_weights(counts[rows]) for counts in self._counts)
        return words, pieces

    def matrix(self, rows: Array, given: tuple[Array, Array]) -> csr_matrix:
        """TF-IDF of these texts by such weights, shape (rows, terms); each kind of terms has length 1 or 0."""
        return _joined([counts[rows] for counts in self._counts], given)

    def of(self, texts: Sequence[str], given: tuple[Array, Array]) -> csr_matrix:
        """The same of other texts."""
        return _joined(
            [
                _logarithms(each.transform(texts)) if each else csr_matrix((len(texts), 0))
                for each in (self._words, self._pieces)
            ],
            given,
        )


def _counted(
    cut: Callable[[str], list[str]], texts: Sequence[str], *, least: int, most: int
) -> tuple[CountVectorizer | None, csr_matrix]:
    """What counts terms, and the texts' counts; None if no term is in ``least`` texts."""
    vectorizer = CountVectorizer(analyzer=cut, min_df=least, max_features=most, dtype=np.float64)
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError:  # no terms
        return None, csr_matrix((len(texts), 0))
    return vectorizer, _logarithms(counts)


def _logarithms(counts: csr_matrix) -> csr_matrix:
    counts.data = 1 + np.log(counts.data)
    return counts


def _least(rows: int) -> int:
    """In how many texts a term of a model of so many rows must be."""
    return 1 if rows < FEW_ROWS else 2


def _weights(counts: csr_matrix) -> Array:
    having = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(
        np.where(having >= _least(counts.shape[0]), np.log((1 + counts.shape[0]) / (1 + having)) + 1, 0.0)
    )


def _joined(counts: Sequence[csr_matrix], given: tuple[Array, Array]) -> csr_matrix:
    parts = []
    for part, of_terms in zip(counts, given, strict=True):
        part.data *= of_terms[part.indices]
        part.eliminate_zeros()
        parts.append(normalize(part, copy=False) if part.nnz else part)
    return hstack(parts, format="csr")
