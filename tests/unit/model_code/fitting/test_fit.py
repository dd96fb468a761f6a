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
from model_code.training.fitting import checkpoints, fit
from model_code.training.fitting.loop import trainer, trainer_arguments
from model_code.training.settings import Hyperparameters
from tests.unit.model_code.fitting import tasks


def test_training_stops_early_and_keeps_the_kept_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([0.5, 0.7, 0.6, 0.65, 0.9])
    left: list[np.ndarray] = []

    def scored(truth: object, chosen: object, **_: object) -> float:
        left.append(np.asarray(task.encoder.model.classifier.weight.detach()).copy())
        return next(scores)

    monkeypatch.setattr("model_code.training.fitting.loop.validation.f1_score", scored)
    monkeypatch.setattr("model_code.training.fitting.loop.selection.standard_error", lambda *_: 0.01)
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


def _answers(monkeypatch: pytest.MonkeyPatch, *associations: float) -> list[tuple[int, float]]:
    """Each epoch's association is given; seed and learning rate of each trainer are noted."""
    given, seen = iter(associations), list[tuple[int, float]]()
    monkeypatch.setattr("model_code.training.fitting.loop.validation.matthews_corrcoef", lambda *_: next(given))
    made = fit.trainer_arguments

    def noting(settings: Hyperparameters, **options: Any) -> Any:
        seen.append((settings.seed, settings.learning_rate))
        return made(settings, **options)

    monkeypatch.setattr(fit, "trainer_arguments", noting)
    return seen


def test_a_training_that_learned_nothing_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = _answers(monkeypatch, 0.0, 0.6)
    task = tasks.task(tmp_path, epochs=1)
    untrained = {name: weight.clone() for name, weight in task.encoder.model.state_dict().items()}
    started: list[bool] = []
    begin = trainer.LabelTrainer.train

    def noting(self: trainer.LabelTrainer, **options: Any) -> Any:
        now = task.encoder.model.state_dict()
        started.append(all(torch.equal(now[name], untrained[name]) for name in untrained))
        return begin(self, **options)

    monkeypatch.setattr(trainer.LabelTrainer, "train", noting)
    fitted = task.fit()
    assert seen == [(13, 0.005), (14, 0.00125)]
    assert started == [True, True]
    assert (fitted.restarted, fitted.learned_nothing) == (True, False)
    said = capsys.readouterr().out
    assert "Training starts again with another seed and a 4 times lower learning rate." in said
    assert "in two tries" not in said
    checkpoints.clean(task.checkpoints)
    assert list(task.checkpoints.iterdir()) == []


def test_a_model_that_learned_nothing_twice_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _answers(monkeypatch, 0.01, -0.02)
    fitted = tasks.task(tmp_path, epochs=1).fit()
    assert (fitted.restarted, fitted.learned_nothing) == (True, True)
    assert "The model learned nothing in two tries. Check that the label column" in capsys.readouterr().out


def test_a_learning_rate_that_makes_all_answers_the_same_is_lowered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fitted = tasks.task(tmp_path, epochs=1, learning_rate=0.2, warmup=0.0).fit()
    assert "The model learned nothing: its answers" in capsys.readouterr().out
    assert fitted.restarted
    assert max(point["learning_rate"] for point in fitted.history) <= 0.05


def test_a_model_that_learns_is_trained_once(tmp_path: Path) -> None:
    fitted = tasks.task(tmp_path).fit()
    assert (fitted.restarted, fitted.learned_nothing) == (False, False)
    assert fitted.association > 0.2
