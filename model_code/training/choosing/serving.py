"""Makes the artifact hold the model that was asked for, or the best one, and describes the choice."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import log_softmax
from sklearn.metrics import f1_score

from contracts.models import artifact
from contracts.models.evaluation import ModelCandidate, ModelChoice
from model_code.serving.classifier import Classifier
from model_code.serving.linear import weights
from model_code.training.choosing import blending, choice, linear
from model_code.training.data import folds
from model_code.training.data.rows import Row
from model_code.training.data.split import Split
from model_code.training.evaluation import calibration, comparison, evaluate
from model_code.training.evaluation.calibration import Calibrated
from model_code.training.evaluation.linear_model import LinearModel
from model_code.training.exporting import candidates
from model_code.training.settings import BEST, BLEND, ENCODER, LINEAR

ENCODER_FILES = (*artifact.ENCODER_FILES, artifact.ENCODER_FILE)
EQUAL = 0.5  # the weights of an encoder and a linear model that nothing is known of
TINY = np.finfo(np.float64).tiny

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Served:
    """The kind that the artifact holds, how it is calibrated, and what evaluation.json says of the choice.

    ``linear``: the linear model, fitted on the training and validation parts; None if there was no need for one.
    ``on_valid``: probabilities of the validation texts, shape (texts, labels), as of texts that the model was not
    fitted on; None where those of the artifact are such.
    """

    kind: str
    calibrated: Calibrated
    description: ModelChoice
    linear: LinearModel | None
    on_valid: Array | None


def only_encoder(calibrated: Calibrated) -> Served:
    """An encoder that was asked for and is in the artifact already."""
    description: ModelChoice = {
        "asked": ENCODER,
        "served": ENCODER,
        "reason": "training.model asks for the encoder",
        "weights": None,
        "candidates": [],
    }
    return Served(ENCODER, calibrated, description, linear=None, on_valid=None)


def decide(
    asked: str,
    parts: Split,
    *,
    labels: Sequence[str],
    seed: int,
    encoder: Calibrated | None,
    model_version: str,
    folder: Path,
    work: Path,
) -> Served:
    """Fit the linear model, and leave in ``folder`` what was ``asked`` for: linear, blend or best.

    ``encoder``: how the encoder in ``folder`` is calibrated; None if only a linear model was asked for. ``work``: for
    files that do not stay.
    """
    trained = linear.train(parts, labels, seed=seed)
    model, calibrated = trained.model, trained.calibrated
    unseen = log_softmax(trained.on_valid, axis=1)
    alone = _artifact(work / LINEAR, model.scaled(1 / calibrated.temperature), labels, model_version)
    if encoder is None:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(alone, folder, dirs_exist_ok=True)
        served = {LINEAR: Classifier(folder, threads=1)}
        description = _described(asked, LINEAR, "training.model asks for the linear model", served, {}, parts, labels)
        return Served(LINEAR, calibrated, description, model, np.exp(unseen))
    truth = evaluate.positions([row.label for row in parts.valid], labels)
    served = {ENCODER: Classifier(folder, threads=1), LINEAR: Classifier(alone, threads=1)}
    encoded = served[ENCODER].predict([row.text for row in parts.valid])
    logs = {ENCODER: np.log(np.maximum(encoded, TINY)), LINEAR: unseen}
    both = logs[ENCODER], logs[LINEAR]
    scales = blending.scales(both, truth, equal=EQUAL)
    weights.save(
        model.scaled(scales[1] / calibrated.temperature, encoder_scale=float(scales[0])), folder / artifact.LINEAR_FILE
    )
    served[BLEND] = Classifier(folder, threads=1)
    blended = blending.cross_fitted(both, truth, folds.of(parts.valid, seed=seed), equal=EQUAL)
    logs[BLEND] = np.log(np.maximum(blended, TINY))
    kind, reason = _chosen(asked, logs, truth, parts.valid)
    print(f"serving {kind}: {reason}", flush=True)
    description = _described(asked, kind, reason, served, logs, parts, labels)
    if kind == BLEND:
        total = float(scales.sum())
        description["weights"] = {
            name: float(each) / total for name, each in zip((ENCODER, LINEAR), scales, strict=True)
        }
        return Served(BLEND, Calibrated(1 / total, "the weights are fitted with it"), description, model, blended)
    _keep(kind, folder, alone)
    return Served(kind, calibrated if kind == LINEAR else encoder, description, model, np.exp(logs[kind]))


def _artifact(folder: Path, given: weights.Weights, labels: Sequence[str], model_version: str) -> Path:
    """A folder with the linear model alone."""
    folder.mkdir(parents=True)
    weights.save(given, folder / artifact.LINEAR_FILE)
    artifact.write_json(folder / artifact.LABELS_FILE, list(labels))
    artifact.write_json(folder / artifact.METADATA_FILE, {"model_version": model_version})
    return folder


def _chosen(asked: str, logs: Mapping[str, Array], truth: Array, rows: Sequence[Row]) -> tuple[str, str]:
    if asked != BEST:
        return asked, f"training.model asks for {asked}"
    answers = [
        choice.Answers(kind, calibration.losses(each, truth), each.argmax(axis=1) == truth)
        for kind, each in logs.items()
    ]
    kind, judged = choice.choose(answers, [folds.group(row) for row in rows])
    return kind, f"{'; '.join(each.sentence() for each in judged)}. The rule: {choice.RULE}"


def _described(
    asked: str,
    kind: str,
    reason: str,
    served: Mapping[str, Classifier],
    logs: Mapping[str, Array],
    parts: Split,
    labels: Sequence[str],
) -> ModelChoice:
    """Figures of each kind: on the validation texts, which decided, on the test texts, and its price."""
    valid, test = (evaluate.positions([row.label for row in part], labels) for part in (parts.valid, parts.test))
    prices = candidates.durations(served, [row.text for row in parts.valid])
    answers = {name: each.predict([row.text for row in parts.test]) for name, each in served.items()}
    best = answers[kind].argmax(axis=1)
    every = list(range(len(labels)))
    described: list[ModelCandidate] = []
    for name in choice.ORDER:
        if name not in served:
            continue
        predicted, on_valid = answers[name].argmax(axis=1), logs.get(name)
        described.append(
            {
                "kind": name,
                "ms_per_text": prices[name].ms_per_text,
                "valid_log_loss": None if on_valid is None else float(calibration.losses(on_valid, valid).mean()),
                "valid_accuracy": None if on_valid is None else float((on_valid.argmax(axis=1) == valid).mean()),
                "test_accuracy": float((predicted == test).mean()),
                "test_macro_f1": float(f1_score(test, predicted, labels=every, average="macro", zero_division=0)),
                "test_calibration_error": evaluate.calibration_error(answers[name], test),
                "comparison": None if name == kind else comparison.paired(best, predicted, test, labels),
            }
        )
    return {"asked": asked, "served": kind, "reason": reason, "weights": None, "candidates": described}


def _keep(kind: str, folder: Path, alone: Path) -> None:
    """Leave only the files of the kind that serves."""
    if kind == ENCODER:
        (folder / artifact.LINEAR_FILE).unlink()
        return
    for name in ENCODER_FILES:
        (folder / name).unlink(missing_ok=True)
    shutil.copyfile(alone / artifact.LINEAR_FILE, folder / artifact.LINEAR_FILE)
