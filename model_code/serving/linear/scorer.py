"""Texts in, a linear model's logits out.

A text's weights are scikit-learn's: of each kind of terms, ``(1 + log(count)) * idf``, divided by their length as a
vector. The answer to a text does not depend on the other texts, nor on the processor's products of matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np

from model_code.serving.linear import terms
from model_code.serving.linear.weights import Block, Weights

Array = np.ndarray[Any, Any]
CACHED_WORDS, CACHED_LENGTH = 20_000, 32  # words whose pieces are remembered, and their longest
TEXTS = 256  # at a time: what bounds the memory


class Scorer:
    """The model of one file. Safe to call from several threads."""

    def __init__(self, weights: Weights) -> None:
        self.labels = len(weights.bias)
        self._bias = weights.bias
        self._words = _Counted(weights.words)
        self._pieces = _Counted(weights.pieces)
        self._known = lru_cache(maxsize=CACHED_WORDS)(self._look_up)

    def logits(self, texts: Sequence[str]) -> Array:
        """Float64 of shape (texts, labels), of normalised texts."""
        parts = [self._some(texts[start : start + TEXTS]) for start in range(0, len(texts), TEXTS)]
        return np.concatenate(parts) if parts else np.zeros((0, self.labels))

    def words(self) -> list[str]:
        """The single words that the model knows."""
        return [term for term in self._words.positions if " " not in term]

    def unknown_share(self, texts: Iterable[str]) -> float:
        """The share of the texts' words that the model does not know."""
        words = [word for text in texts for word in terms.words(text)]
        return sum(word not in self._words.positions for word in words) / max(len(words), 1)

    def _some(self, texts: Sequence[str]) -> Array:
        words = [self._words.found(terms.words_and_pairs(text)) for text in texts]
        pieces = [list(chain.from_iterable(map(self._of_word, terms.spaced(text)))) for text in texts]
        return self._bias + self._words.weighed(words) + self._pieces.weighed(pieces)

    def _of_word(self, word: str) -> Sequence[int]:
        return self._known(word) if len(word) <= CACHED_LENGTH else self._look_up(word)

    def _look_up(self, word: str) -> Sequence[int]:
        return self._pieces.found(terms.pieces_of(word))


class _Counted:
    """The terms of one kind."""

    def __init__(self, block: Block) -> None:
        self.positions = {term: at for at, term in enumerate(block.terms)}
        self._get: Callable[[str], int | None] = self.positions.get
        self._idf = block.idf.astype(np.float64)
        self._coefficients = block.coefficients

    def found(self, given: Sequence[str]) -> list[int]:
        """Positions of the terms that the model knows, each as often as it is there."""
        return [at for at in map(self._get, given) if at is not None]

    def weighed(self, found: Sequence[list[int]]) -> Array:
        """The sum of each text's weighted terms, shape (texts, labels)."""
        answer = np.zeros((len(found), self._coefficients.shape[1]))
        rows, at, counts = _counts(found, terms=len(self._idf))
        if not len(rows):
            return answer
        values = (1 + np.log(counts)) * self._idf[at]
        first = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
        lengths = np.sqrt(np.add.reduceat(values * values, first))
        sums = np.add.reduceat(values[:, None] * self._coefficients[at], first, axis=0)
        answer[rows[first]] = sums / lengths[:, None]
        return answer


def _counts(found: Sequence[list[int]], *, terms: int) -> tuple[Array, Array, Array]:
    """Each text's distinct terms, in order: the text's number, the term, and how often it is there."""
    rows = np.repeat(np.arange(len(found), dtype=np.int64), [len(each) for each in found])
    keys = rows * terms + np.fromiter(chain.from_iterable(found), dtype=np.int64, count=len(rows))
    distinct, counts = np.unique(keys, return_counts=True)
    return distinct // max(terms, 1), distinct % max(terms, 1), counts
