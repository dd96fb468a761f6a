"""How the model does on the validation part after each epoch, and the score by which an epoch is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from sklearn.metrics import f1_score, matthews_corrcoef

from model_code.training.errors import TrainingError
from model_code.training.fitting.loop import selection
from model_code.training.fitting.loop.trainer import Loss


def metrics(loss: Loss, groups: Sequence[str], *, labels: int) -> Callable[[Any, list[Any]], dict[str, float]]:
    """A function from Trainer's predictions and the log so far to an epoch's figures.

    ``groups``: of the validation texts, in the order in which they are evaluated. The function raises TrainingError
    when a logit is not finite.
    """

    def measure(predicted: Any, log_history: list[dict[str, float]]) -> dict[str, float]:
        logits, truth = np.asarray(predicted.predictions, dtype=np.float32), np.asarray(predicted.label_ids)
        if not np.isfinite(logits).all():
            raise TrainingError(
                "the model's outputs for the validation part are not finite numbers; "
                "lower the hyperparameter learning_rate"
            )
        chosen = logits.argmax(axis=1)
        macro_f1 = float(f1_score(truth, chosen, labels=list(range(labels)), average="macro", zero_division=0))
        tolerance = selection.standard_error(chosen == truth, groups)
        earlier = [entry for entry in log_history if "eval_macro_f1" in entry]
        return {
            "accuracy": float((chosen == truth).mean()),
            "macro_f1": macro_f1,
            "tolerance": tolerance,
            "score": selection.score(macro_f1, tolerance, earlier),
            "association": float(matthews_corrcoef(truth, chosen)),
            "loss": float(loss.of_logits(torch.from_numpy(logits), torch.from_numpy(truth))),
        }

    return measure
