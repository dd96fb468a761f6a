"""The weights by which an encoder's and a linear model's probabilities are multiplied, and what they gain."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

Array = np.ndarray[Any, Any]
MAX_SCALE = 10.0
PRIOR_TEXTS = 4.0  # as many texts' worth of trust in equal halves, which a few texts must not overrule


def scales(first: Array, second: Array, truth: Array) -> Array:
    """The two numbers from 0 to MAX_SCALE by which to multiply the logits, shape (2,): least log loss of the sum.

    ``first`` and ``second`` have shape (texts, labels), ``truth`` (texts,) holds label positions. Without texts: 0.5
    each.
    """
    texts = np.arange(len(truth))

    def loss(weights: Array) -> tuple[float, Array]:
        logs = log_softmax(weights[0] * first + weights[1] * second, axis=1)
        shares = np.exp(logs)
        shares[texts, truth] -= 1
        slopes = np.array([(shares * each).sum() for each in (first, second)])
        away = weights - 0.5
        return float(PRIOR_TEXTS * away @ away - logs[texts, truth].sum()), slopes + 2 * PRIOR_TEXTS * away

    found = minimize(loss, np.full(2, 0.5), jac=True, bounds=[(0, MAX_SCALE)] * 2, method="L-BFGS-B")
    return np.asarray(found.x, dtype=np.float64)


def cross_fitted(first: Array, second: Array, truth: Array, parts: Array) -> Array:
    """Probabilities of the blend, each text's with scales fitted on the other parts; shape (texts, labels)."""
    answers = np.zeros(first.shape)
    for part in np.unique(parts):
        inside = parts == part
        weights = scales(first[~inside], second[~inside], truth[~inside])
        answers[inside] = softmax(weights[0] * first[inside] + weights[1] * second[inside], axis=1)
    return answers
