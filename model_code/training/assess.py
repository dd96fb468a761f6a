"""The exported model's figures for evaluation.json, measured on the test part through the code that serves it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from contracts.models.evaluation import Assessment, FewLabels
from model_code.serving.classifier import Classifier
from model_code.training import progress
from model_code.training.data import distributions
from model_code.training.data.distributions import Matrix
from model_code.training.data.rows import Row
from model_code.training.data.split import Split
from model_code.training.evaluation import calibration, evaluate, explain, leak, learning_curve
from model_code.training.evaluation import linear as baselines
from model_code.training.evaluation.calibration import Calibrated
from model_code.training.evaluation.linear_model import LinearModel
from model_code.training.settings import Hyperparameters

STEPS = 5


def assess(
    model: Path,
    rows: Sequence[Row],
    parts: Split,
    *,
    labels: Sequence[str],
    settings: Hyperparameters,
    calibrated: Calibrated,
    linear: LinearModel | None,
    on_valid: Matrix | None,
    champion: Path | None,
) -> Assessment:
    """The figures, calibration, mistakes, leak, and the comparisons with the baseline and the approved model.

    ``model``: the artifact's folder, which has the model that serves, and gets baseline.json. ``rows``: all of the
    dataset's, of which ``parts`` is the split. ``linear``: the linear model of the training and validation parts, if
    there is one. ``on_valid``: as `Served` has it. ``champion``: the channel with the approved model's model.tar.gz,
    None if there is none.
    """
    progress.report("evaluate", 0, STEPS)
    classifier = Classifier(model)
    encodings = classifier.encode([row.text for row in parts.test])
    probabilities = classifier.predict_encodings(encodings)
    predicted = probabilities.argmax(axis=1)
    truth = evaluate.positions([row.label for row in parts.test], labels)
    figures = evaluate.measure(probabilities, [row.label for row in parts.test], labels)
    tested = distributions.Answered(parts.test, probabilities, classifier.measure(encodings))
    distributions.write(model, distributions.describe(classifier, parts, tested, on_valid=on_valid))
    progress.report("evaluate", 1, STEPS, accuracy=figures["accuracy"], macro_f1=figures["macro_f1"])
    baseline = baselines.baseline([*parts.train, *parts.valid], parts.test, labels, predicted=predicted, fitted=linear)
    progress.report("evaluate", 2, STEPS, baseline_accuracy=baseline["accuracy"])
    approved = evaluate.champion(champion, parts.test, labels, predicted=predicted) if champion else None
    progress.report("evaluate", 3, STEPS, champion_accuracy=approved["accuracy"] if approved else "none")
    leaked = leak.measure(
        rows,
        parts,
        labels=labels,
        valid_fraction=settings.valid_fraction,
        test_fraction=settings.test_fraction,
        seed=settings.seed,
    )
    progress.report("evaluate", 4, STEPS, leak_of_a_random_split=leaked["random_split_share"])
    mistakes = explain.mistakes(classifier, parts.test, probabilities, labels)
    progress.report("evaluate", STEPS, STEPS, mistakes=int(np.sum(predicted != truth)))
    uncalibrated = calibration.rescaled(probabilities, 1 / calibrated.temperature)
    return {
        **figures,
        "calibration": calibration.describe(
            uncalibrated, probabilities, truth, temperature=calibrated.temperature, reason=calibrated.reason
        ),
        "baseline": baseline,
        "champion": approved,
        "leak": leaked,
        "mistakes": mistakes,
        **_few_labels(rows, parts, labels=labels, seed=settings.seed),
    }


def _few_labels(rows: Sequence[Row], parts: Split, *, labels: Sequence[str], seed: int) -> FewLabels:
    """How sure the figures are with so few labels, and how many more would help; the log says so, too."""
    curve = learning_curve.measure(rows, labels, seed=seed)
    tested = {row.label for row in parts.test}
    warnings = [
        *learning_curve.sentences(curve, test_texts=len(parts.test)),
        *learning_curve.untested([label for label in labels if label not in tested]),
    ]
    for sentence in warnings:
        print(sentence, flush=True)
    return {"learning_curve": curve, "warnings": warnings}
