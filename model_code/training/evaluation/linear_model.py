"""The linear model: the sum of three linear machines of weighted words and characters, as the servers will score it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix

from model_code.serving.linear.scorer import Scorer
from model_code.serving.linear.weights import Block, Weights
from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError
from model_code.training.evaluation import evaluate
from model_code.training.evaluation.linear_machine import MACHINES, Fit, Machine
from model_code.training.evaluation.linear_terms import Terms

NAME = "TF-IDF (words 1-2, characters 2-5) + LinearSVC, NB-SVM and naive Bayes"
PLAIN = MACHINES[:1]  # the support vector machine alone, where many models are fitted
EQUAL = tuple(1.0 for _ in MACHINES)  # each machine's share of its usual weight

Array: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True)
class LinearModel:
    """A fitted model, not calibrated: ``weights`` are as served but for their scale. ``seconds`` to fit it."""

    weights: Weights
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


class LinearFits:
    """The terms of rows, counted once, and machines and models fitted on any of the rows."""

    def __init__(
        self, rows: Sequence[Row], labels: Sequence[str], *, machines: Sequence[tuple[Fit, float]] = MACHINES
    ) -> None:
        """``machines``: each with its usual weight."""
        self._started = time.monotonic()
        self._kinds = machines
        self._labels = len(labels)
        self._truth = evaluate.positions([row.label for row in rows], labels)
        self._terms = Terms([row.text for row in rows], labels=len(labels))

    def fitted(self, rows: Array) -> Fitted:
        """The machines, fitted on ``rows``, positions."""
        weights = self._terms.weights(rows)
        matrix = self._terms.matrix(rows, weights)
        return Fitted(self._terms, weights, list(self._machines(matrix, rows)))

    def model(self, rows: Array, shares: Sequence[float] = EQUAL) -> LinearModel:
        """Fit on ``rows``, with each machine's share of its usual weight. TrainingError when no text has a word."""
        weights = self._terms.weights(rows)
        kept = [each > 0 for each in weights]
        if not any(each.any() for each in kept):
            raise TrainingError("no training text has a word, so there is nothing that a linear model could learn from")
        coefficients, bias = np.zeros((sum(map(len, weights)), self._labels)), np.zeros(self._labels)
        machines = self._machines(self._terms.matrix(rows, weights), rows)
        for (each, weight), share in zip(machines, shares, strict=True):
            coefficients += share * weight * each.coefficients
            bias += share * weight * each.bias
        at = len(weights[0])
        words, pieces = (
            Block(
                tuple(names[inside].tolist()),
                idf[inside].astype(np.float32),
                np.ascontiguousarray(part[inside], dtype=np.float16),
            )
            for names, idf, inside, part in zip(
                self._terms.names, weights, kept, (coefficients[:at], coefficients[at:]), strict=True
            )
        )
        made = Weights(words, pieces, bias)
        made.check()
        return LinearModel(made, time.monotonic() - self._started)

    def _machines(self, matrix: csr_matrix, rows: Array) -> Iterator[tuple[Machine, float]]:
        for fit_machine, weight in self._kinds:
            yield fit_machine(matrix, self._truth[rows], labels=self._labels), weight


@dataclass(frozen=True)
class Fitted:
    """Machines fitted on some of the rows, each with its usual weight."""

    terms: Terms
    weights: tuple[Array, Array]
    machines: list[tuple[Machine, float]]

    def margins(self, rows: Array) -> Array:
        """Of rows by position, each machine's with its usual weight; shape (machines, rows, labels)."""
        return self._margins(self.terms.matrix(rows, self.weights))

    def margins_of(self, texts: Sequence[str]) -> Array:
        """The same of other texts."""
        return self._margins(self.terms.of(texts, self.weights))

    def _margins(self, matrix: csr_matrix) -> Array:
        return np.stack([weight * each.margins(matrix) for each, weight in self.machines])


def fit(rows: Sequence[Row], labels: Sequence[str]) -> LinearModel:
    """Fit on ``rows`` with the machines' usual weights. TrainingError when no text has a word."""
    return LinearFits(rows, labels).model(np.arange(len(rows)))
