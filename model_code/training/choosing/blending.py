"""The weights by which several models' probabilities are multiplied, and what they gain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

Array = np.ndarray[Any, Any]
MAX_SCALE = 10.0
PRIOR = 1.0  # how much trust there is in equal weights, which a few texts must not overrule


def scales(logits: Sequence[Array], truth: Array, *, equal: float) -> Array:
    """The numbers from 0 to MAX_SCALE by which to multiply the models' logits: least log loss of the sum.

    Each of ``logits`` has shape (texts, labels), ``truth`` (texts,) holds label positions. Without texts, each is
    ``equal``.
    """
    texts = np.arange(len(truth))

    def loss(weights: Array) -> tuple[float, Array]:
        logs = log_softmax(_sum(logits, weights), axis=1)
        shares = np.exp(logs)
        shares[texts, truth] -= 1
        slopes = np.array([(shares * each).sum() for each in logits])
        away = weights / equal - 1
        return float(PRIOR * away @ away - logs[texts, truth].sum()), slopes + 2 * PRIOR * away / equal

    count = len(logits)
    found = minimize(loss, np.full(count, equal), jac=True, bounds=[(0, MAX_SCALE)] * count, method="L-BFGS-B")
    return np.asarray(found.x, dtype=np.float64)


def cross_fitted(logits: Sequence[Array], truth: Array, parts: Array, *, equal: float) -> Array:
    """Probabilities of the sum, each text's with scales fitted on the other parts; shape (texts, labels)."""
    answers = np.zeros(logits[0].shape)
    for part in np.unique(parts):
        inside = parts == part
        weights = scales([each[~inside] for each in logits], truth[~inside], equal=equal)
        answers[inside] = softmax(_sum([each[inside] for each in logits], weights), axis=1)
    return answers


def _sum(logits: Sequence[Array], weights: Array) -> Array:
    return np.asarray(sum(weight * each for weight, each in zip(weights, logits, strict=True)))
