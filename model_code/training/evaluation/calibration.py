"""Calibration: one temperature, kept only where cross-fitting shows that it helps, and its effect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.metrics import log_loss

from contracts.models.evaluation import Calibration, CalibrationFigures, ReliabilityBin
from model_code.training.evaluation import evaluate

METHOD = (
    "temperature scaling, least log loss; kept only if, fitted on four fifths of the texts, it lowers the log loss of "
    "the last fifth by more than that gain's standard error"
)
MIN_TEXTS = 50
BOUNDS = (0.1, 10.0)

_Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Calibrated:
    """A temperature to serve, 1 for none, and why.

    ``log_losses``: the texts' mean log loss without a temperature and with cross-fitted ones; None if not measured.
    """

    temperature: float
    reason: str
    log_losses: tuple[float, float] | None = None


def calibrate(logits: _Array, truth: _Array, parts: _Array) -> Calibrated:
    """The temperature of all texts, if cross-fitted ones help, else 1.

    ``logits`` has shape (texts, labels); ``truth`` and ``parts`` (texts,) hold label positions and the texts' parts:
    each part's losses are measured with the temperature of the others.
    """
    true, scores = np.asarray(truth), np.asarray(logits, dtype=np.float64)
    everywhere = temperature(scores, true)
    if everywhere == 1.0 or len(np.unique(parts)) < 2:
        return Calibrated(1.0, "no temperature: these texts do not tell one")
    before, after = losses(log_softmax(scores, axis=1), true), np.zeros(len(true))
    for part in np.unique(parts):
        inside = parts == part
        fitted = temperature(scores[~inside], true[~inside])
        after[inside] = losses(log_softmax(scores[inside] / fitted, axis=1), true[inside])
    gains = before - after
    error = float(gains.std(ddof=1)) / math.sqrt(len(gains))
    helps = float(gains.mean()) > error
    reason = (
        f"a cross-fitted temperature changes the log loss of {len(true)} texts from {before.mean():.4f} to "
        f"{after.mean():.4f} (standard error {error:.4f}), so {f'{everywhere:.3g}' if helps else 'none'} is used"
    )
    return Calibrated(everywhere if helps else 1.0, reason, (float(before.mean()), float(after.mean())))


def losses(log_probabilities: _Array, truth: _Array) -> _Array:
    """Each text's log loss, shape (texts,)."""
    return -np.asarray(log_probabilities)[np.arange(len(truth)), truth]


def temperature(logits: _Array, truth: _Array) -> float:
    """The divisor of all logits that minimises the log loss of the true labels, within BOUNDS.

    ``logits`` has shape (texts, labels), ``truth`` (texts,) holds label positions. 1.0, with a message,
    where it cannot be fitted: fewer than MIN_TEXTS texts, no mistake among them, or all logits equal.
    """
    true = np.asarray(truth)
    scores = np.asarray(logits, dtype=np.float64)
    if len(true) < MIN_TEXTS:
        return _uncalibrated(f"{len(true)} validation texts are too few to calibrate on (at least {MIN_TEXTS})")
    if not np.ptp(scores, axis=1).any():
        return _uncalibrated("the model gives every label of every validation text the same score")
    if (scores.argmax(axis=1) == true).all():
        return _uncalibrated("the model makes no mistake on the validation texts, so the best temperature would be 0")

    best = math.log(least_loss(scores, true))
    low, high = math.log(BOUNDS[0]), math.log(BOUNDS[1])
    if min(best - low, high - best) < 1e-3:
        best = low if best - low < high - best else high
        print(f"calibration reached its bound: the temperature is {math.exp(best):g}", flush=True)
    return math.exp(best)


def least_loss(logits: _Array, truth: _Array) -> float:
    """The divisor of all logits within BOUNDS that gives ``truth`` the least log loss, whatever the texts; 1 for none.

    ``logits`` has shape (texts, labels), ``truth`` (texts,) holds label positions.
    """
    if not len(truth):
        return 1.0
    low, high = math.log(BOUNDS[0]), math.log(BOUNDS[1])

    def loss(log_temperature: float) -> float:
        return float(losses(log_softmax(logits / math.exp(log_temperature), axis=1), truth).mean())

    return math.exp(float(minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6}).x))


def rescaled(probabilities: _Array, divisor: float) -> _Array:
    """The probabilities, shape (texts, labels), after dividing their logits by ``divisor``.

    ``1 / temperature`` undoes a temperature: the served model's probabilities as they were before calibration.
    """
    known = np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), np.finfo(np.float64).tiny))
    return np.asarray(softmax(known / divisor, axis=1))


def describe(
    probabilities_before: _Array,
    probabilities_after: _Array,
    truth: _Array,
    *,
    temperature: float = 1.0,
    reason: str = "",
) -> Calibration:
    """Calibration error and log loss before and after the temperature, with both reliability diagrams' bins.

    Probabilities have shape (texts, labels), ``truth`` (texts,) holds label positions. Bins without texts are left out.
    """
    true = np.asarray(truth)
    return {
        "temperature": temperature,
        "method": METHOD,
        "reason": reason,
        "before": _figures(probabilities_before, true),
        "after": _figures(probabilities_after, true),
        "reliability": reliability(probabilities_after, true),
        "reliability_before": reliability(probabilities_before, true),
    }


def reliability(probabilities: _Array, truth: _Array) -> list[ReliabilityBin]:
    """Texts, mean confidence and accuracy per bin of confidence; the bins of ``evaluate.calibration_error``."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    count = evaluate.CALIBRATION_BINS
    bins = np.minimum((confidence * count).astype(int), count - 1)
    return [
        {
            "from": int(each) / count,
            "to": (int(each) + 1) / count,
            "count": int((bins == each).sum()),
            "confidence": float(confidence[bins == each].mean()),
            "accuracy": float(right[bins == each].mean()),
        }
        for each in np.unique(bins)
    ]


def _figures(probabilities: _Array, truth: _Array) -> CalibrationFigures:
    return {
        "calibration_error": evaluate.calibration_error(probabilities, truth),
        "log_loss": float(log_loss(truth, probabilities, labels=list(range(probabilities.shape[1])))),
    }


def _uncalibrated(reason: str) -> float:
    print(f"{reason}: the temperature stays 1", flush=True)
    return 1.0
