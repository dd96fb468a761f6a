"""Figures of a model's probabilities against true labels, and of the approved model on the same texts."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

from contracts.models import artifact
from contracts.models.evaluation import ChampionFigures, Figures
from model_code.serving.classifier import Classifier
from model_code.training.data.rows import Row
from model_code.training.evaluation import comparison, intervals

CALIBRATION_BINS = 10


def measure(probabilities: np.ndarray[Any, Any], truth: Sequence[str], labels: Sequence[str]) -> Figures:
    """Accuracy, macro F1, per-class figures, confusion matrix (rows: truth) and calibration error, with intervals.

    ``probabilities`` has shape (texts, labels), columns in the order of ``labels``. Intervals are [low, high] ends at
    ``confidence_level``: Wilson's for shares, resampled texts for macro F1.
    """
    true = positions(truth, labels)
    predicted = probabilities.argmax(axis=1)
    every = list(range(len(labels)))
    precision, recall, f1, support = precision_recall_fscore_support(true, predicted, labels=every, zero_division=0)
    matrix = confusion_matrix(true, predicted, labels=every)
    right, answers = matrix.diagonal(), matrix.sum(axis=0)
    return {
        "accuracy": float(accuracy_score(true, predicted)),
        "macro_f1": macro_f1(true, predicted),
        "accuracy_interval": intervals.wilson(right.sum(), matrix.sum()),
        "macro_f1_interval": intervals.macro_f1(matrix),
        "confidence_level": intervals.LEVEL,
        "per_class": {
            name: {
                "precision": float(precision[index]),
                "recall": float(recall[index]),
                "f1": float(f1[index]),
                "support": int(support[index]),
                "precision_interval": intervals.wilson(right[index], answers[index]),
                "recall_interval": intervals.wilson(right[index], support[index]),
                "f1_interval": intervals.f1(right[index], answers[index] + support[index] - 2 * right[index]),
            }
            for index, name in enumerate(labels)
        },
        "confusion_matrix": matrix.tolist(),
        "labels": list(labels),
        "calibration_error": calibration_error(probabilities, true),
    }


def macro_f1(true: np.ndarray[Any, Any], predicted: np.ndarray[Any, Any]) -> float:
    """The mean F1 of the labels that have texts: of others nothing is known, so they do not count as 0."""
    return float(f1_score(true, predicted, labels=np.unique(true), average="macro", zero_division=0))


def positions(names: Sequence[str], labels: Sequence[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Each name's place in ``labels``, shape (names,)."""
    place = {name: index for index, name in enumerate(labels)}
    return np.array([place[name] for name in names], dtype=np.int64)


def calibration_error(probabilities: np.ndarray[Any, Any], true: np.ndarray[Any, Any]) -> float:
    """Expected calibration error over equal-width confidence bins: mean |confidence - accuracy|, by texts."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == true
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = [
        abs(confidence[bins == each].mean() - right[bins == each].mean()) * (bins == each).mean()
        for each in np.unique(bins)
    ]
    return float(sum(gaps))


def champion(
    channel: Path,
    rows: Sequence[Row],
    labels: Sequence[str],
    *,
    predicted: np.ndarray[Any, Any] | None = None,
) -> ChampionFigures:
    """The approved model (model.tar.gz in its channel) on the same test rows.

    ``predicted`` (rows,) are the new model's answers as positions in ``labels``; with them the result has a paired
    ``comparison``. ``comparable`` is False, with a reason and no figures, when its labels differ or it cannot load.
    """
    version = ""
    try:
        with tempfile.TemporaryDirectory() as folder:
            approved = artifact.unpack(channel / artifact.ARCHIVE_FILE, Path(folder))
            version = approved.model_version
            if set(approved.labels) != set(labels):
                return _incomparable(
                    version, "its labels are not those of this dataset: " + ", ".join(approved.labels[:8])
                )
            probabilities = Classifier(Path(folder)).predict([row.text for row in rows])
    except artifact.ArtifactError as error:
        return _incomparable(version, f"it cannot be loaded: {error}")
    truth = positions([row.label for row in rows], labels)
    answers = positions(approved.labels, labels)[probabilities.argmax(axis=1)]
    return {
        "model_version": version,
        "accuracy": float(accuracy_score(truth, answers)),
        "macro_f1": macro_f1(truth, answers),
        "comparable": True,
        "reason": "evaluated on the same test rows",
        "comparison": None if predicted is None else comparison.paired(predicted, answers, truth, labels),
    }


def _incomparable(version: str, reason: str) -> ChampionFigures:
    return {
        "model_version": version,
        "accuracy": None,
        "macro_f1": None,
        "comparable": False,
        "reason": reason,
        "comparison": None,
    }
