"""What evaluation.json says of the encoder's training and export, or of a linear model instead."""

from __future__ import annotations

from contracts.models import evaluation
from model_code.training.choosing.serving import Served
from model_code.training.exporting.export import Exported
from model_code.training.fitting.fit import Fitted
from model_code.training.settings import LINEAR


class Described(evaluation.Exported, evaluation.Learning, total=False):
    """What is said of the model that was trained."""


def exported(given: Exported) -> evaluation.Exported:
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


def learning(fitted: Fitted) -> evaluation.Learning:
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
