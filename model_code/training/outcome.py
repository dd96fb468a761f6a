"""What a job says of its model: evaluation.json (how it does, and how it came about) and metadata.json."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from importlib.metadata import version as installed
from typing import Any

from contracts.models import evaluation as contract
from model_code.training import package
from model_code.training.choosing.serving import Served
from model_code.training.data import split as splitting
from model_code.training.data.dataset import Dataset
from model_code.training.data.split import Split
from model_code.training.evaluation import cost
from model_code.training.exporting.export import Exported
from model_code.training.fitting.fit import Fitted
from model_code.training.settings import LINEAR, Hyperparameters

LIBRARIES = ("torch", "transformers", "tokenizers", "onnx", "onnxruntime", "onnxscript", "scikit-learn", "numpy")


class Described(contract.Exported, contract.Learning, total=False):
    """What is said of the model that was trained."""


def evaluation(
    settings: Hyperparameters,
    data: Dataset,
    parts: Split,
    *,
    described: Described,
    figures: contract.Assessment,
    choice: contract.ModelChoice,
    version: str,
    seconds: float,
) -> contract.Evaluation:
    """The whole document. ``seconds``: how long the job has taken."""
    facts = data.describe()
    del facts["dropped_rows"]
    return {
        "model_version": version,
        **described,
        **figures,
        "model": choice,
        "counts": parts.counts(),
        "split": splitting.describe(data.rows),
        "data": facts,
        "dataset_sha256": data.sha256,
        "dataset_version": settings.dataset_version or None,
        "manifest_sha256": settings.manifest_sha256 or None,
        "hyperparameters": settings.as_dict(),
        "job_seconds": round(seconds, 1),
        "cost": cost.describe(seconds, os.environ),
    }


def metadata(evaluated: contract.Evaluation, settings: Hyperparameters, data: Dataset) -> dict[str, Any]:
    """metadata.json, but for the files, which are sealed last."""
    return {
        "model_version": evaluated["model_version"],
        "base_model": evaluated["base_model"],
        "dataset": data.describe(),
        "hyperparameters": settings.as_dict(),
        "code_digest": package.code_digest(),
        "libraries": {name: installed(name) for name in LIBRARIES},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def exported(given: Exported) -> contract.Exported:
    """How the encoder was exported."""
    return {
        "served_precision": given.precision,
        "int8_agreement": given.int8_agreement,
        "torch_difference": given.max_probability_difference,
        "export": {"candidates": given.candidates, "reason": given.reason},
    }


def of_linear(served: Served) -> Described:
    """What evaluation.json says of the served model instead of the encoder, if one was trained at all."""
    return {
        "base_model": LINEAR,
        "served_precision": LINEAR,
        "int8_agreement": None,
        "torch_difference": None,
        "train_seconds": round(served.linear.seconds, 1) if served.linear else None,
    }


def learning(fitted: Fitted) -> contract.Learning:
    """How the encoder's training went."""
    return {
        "train_seconds": round(fitted.seconds, 1),
        "train_precision": fitted.precision,
        "train_loss": fitted.loss,
        "history": fitted.history,
        "epochs": fitted.epochs,
        "kept_epoch": fitted.kept_epoch,
        "stopped_early": fitted.stopped_early,
        "restarted": fitted.restarted,
        "learned_nothing": fitted.learned_nothing,
        "resumed_from_step": fitted.resumed_from_step,
        "processes": fitted.processes,
        "texts_per_second": round(fitted.texts_per_second, 1),
    }
