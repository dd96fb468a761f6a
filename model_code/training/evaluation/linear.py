"""The baseline for comparison: the linear model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score

from contracts.models.evaluation import BaselineFigures
from model_code.training.data.rows import Row
from model_code.training.evaluation import comparison, evaluate, linear_model
from model_code.training.evaluation.linear_model import LinearModel

NAME = linear_model.NAME


def baseline(
    train: Sequence[Row],
    test: Sequence[Row],
    labels: Sequence[str],
    *,
    predicted: np.ndarray[Any, Any] | None = None,
    fitted: LinearModel | None = None,
) -> BaselineFigures:
    """Fit on ``train``, score on ``test``: name, accuracy, macro F1, seconds to fit.

    ``predicted`` (test rows,) are the model's answers as positions in ``labels``; with them the result has a paired
    ``comparison`` of the model (new) with the baseline (old). ``fitted``: on the same ``train``, if it already is;
    otherwise its machines have their usual weights.
    """
    model = fitted or linear_model.fit(train, labels)
    position = {name: index for index, name in enumerate(labels)}
    answers = model.logits([row.text for row in test]).argmax(axis=1)
    truth = np.array([position[row.label] for row in test])
    return {
        "name": NAME,
        "accuracy": float(accuracy_score(truth, answers)),
        "macro_f1": evaluate.macro_f1(truth, answers),
        "fit_seconds": round(model.seconds, 2),
        "comparison": None if predicted is None else comparison.paired(predicted, answers, truth, labels),
    }
