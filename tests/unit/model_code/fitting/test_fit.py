"""Fitting: batches, loss, early stopping, and errors that stop it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model_code.training.errors import TrainingError
from model_code.training.fitting import trainer, trainer_arguments
from tests.unit.model_code.fitting import tasks


def test_training_stops_early_and_keeps_the_kept_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([0.5, 0.7, 0.6, 0.65, 0.9])
    left: list[np.ndarray] = []

    def scored(truth: object, chosen: object, **_: object) -> float:
        left.append(np.asarray(task.encoder.model.classifier.weight.detach()).copy())
        return next(scores)

    monkeypatch.setattr("model_code.training.fitting.validation.f1_score", scored)
    monkeypatch.setattr("model_code.training.fitting.selection.standard_error", lambda *_: 0.01)
    task = tasks.task(tmp_path, patience=2, epochs=5)
    fitted = task.fit()
    assert [epoch["valid_macro_f1"] for epoch in fitted.epochs] == [0.5, 0.7, 0.6, 0.65]
    assert (fitted.kept_epoch, fitted.stopped_early) == (2.0, True)
    weight = task.encoder.model.classifier.weight.detach().numpy()
    assert np.array_equal(weight, left[1])
    assert not np.array_equal(weight, left[3])
    assert fitted.history[0].keys() == {"step", "epoch", "loss", "learning_rate"}
    assert not task.encoder.model.training


def test_long_histories_are_thinned_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer_arguments, "HISTORY", 8)
    fitted = tasks.task(tmp_path).fit()  # 30 steps
    assert [point["step"] for point in fitted.history] == [4, 8, 12, 16, 20, 24, 28]
    assert fitted.loss == fitted.history[-1]["loss"]
    assert fitted.texts_per_second == pytest.approx(450 / fitted.seconds)


def test_empty_validation_part_is_refused(tmp_path: Path) -> None:
    task = replace(tasks.task(tmp_path), valid=[])
    with pytest.raises(TrainingError, match=r"the validation part is empty.*raise the hyperparameter valid_fraction"):
        task.fit()


def test_outputs_that_are_not_finite_stop_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = tasks.task(tmp_path)
    step = trainer.LabelTrainer.training_step

    def spoiling(self: trainer.LabelTrainer, *arguments: Any) -> torch.Tensor:
        loss = step(self, *arguments)
        if self.state.global_step == 9:
            with torch.no_grad():
                task.encoder.model.classifier.bias.fill_(math.nan)
        return loss

    monkeypatch.setattr(trainer.LabelTrainer, "training_step", spoiling)
    with pytest.raises(TrainingError, match="outputs for the validation part are not finite numbers"):
        task.fit()


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"),
        MemoryError(),
    ],
)
def test_too_little_memory_names_the_remedy(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> torch.Tensor:
        raise error

    monkeypatch.setattr(trainer.LabelTrainer, "training_step", failing)
    with pytest.raises(TrainingError, match="batches of 16 texts; lower the hyperparameter batch_size"):
        tasks.task(tmp_path).fit()
