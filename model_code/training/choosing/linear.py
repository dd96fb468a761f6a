"""Fits the linear model and weighs its machines, which also calibrates it, by answers to texts that none has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model_code.training.choosing import blending
from model_code.training.data import folds
from model_code.training.data.split import Split
from model_code.training.evaluation import evaluate
from model_code.training.evaluation.calibration import Calibrated
from model_code.training.evaluation.linear_machine import MACHINES, NEVER
from model_code.training.evaluation.linear_model import LinearFits, LinearModel

# Validation texts that are enough to weigh the machines by; with fewer, the training texts count too, cross-fitted.
ENOUGH_VALID = 2000
LEAST = 0.01  # of a machine's usual weight: whatever a few texts say, no machine is left out for good

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Trained:
    """The model of the training and the validation part, and its calibration.

    ``on_valid``: calibrated logits of the validation texts, shape (texts, labels), of a model that has not seen them.
    """

    model: LinearModel
    calibrated: Calibrated
    on_valid: Array


def train(parts: Split, labels: Sequence[str], *, seed: int) -> Trained:
    """Fit, weigh the machines, and fit again with the validation texts. TrainingError when no text has a word."""
    rows = [*parts.train, *parts.valid]
    fits, own = LinearFits(rows, labels), np.arange(len(parts.train))
    on_valid = fits.fitted(own).margins(np.arange(len(own), len(rows)))
    judged, margins = parts.valid, on_valid
    if len(parts.valid) < ENOUGH_VALID:
        within = folds.of(parts.train, seed=seed)
        judged, margins = rows, np.concatenate([_cross_fitted(fits, within, len(labels)), on_valid], axis=1)
    truth = evaluate.positions([row.label for row in judged], labels)
    learned = margins[0, np.arange(len(judged)), truth] > NEVER / 2
    shares = np.maximum(blending.scales(list(margins[:, learned]), truth[learned], equal=1.0), LEAST)
    temperature = 1 / float(shares.mean())
    reason = f"the weights of its machines are fitted with it, on {int(learned.sum())} texts that no model had seen"
    return Trained(
        fits.model(np.arange(len(rows)), (shares * temperature).tolist()),
        Calibrated(temperature, reason),
        np.tensordot(shares, on_valid, axes=1),
    )


def _cross_fitted(fits: LinearFits, parts: Array, labels: int) -> Array:
    """Each row's margins by machines that were fitted without its part; shape (machines, rows, labels)."""
    found = np.full((len(MACHINES), len(parts), labels), NEVER)
    for part in np.unique(parts):
        inside, others = np.flatnonzero(parts == part), np.flatnonzero(parts != part)
        if len(others):
            found[:, inside] = fits.fitted(others).margins(inside)
    return found
