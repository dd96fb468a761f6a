"""Fitting: batches, loss, early stopping, and what stops it with a sentence."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model_code.training.errors import TrainingError
from model_code.training.fitting import fit, token_batches, trainer
from model_code.training.fitting.token_batches import IGNORED, Batches, Collator, Features, Mask
from model_code.training.fitting.trainer import Loss, balanced
from model_code.training.settings import Hyperparameters, parse_arguments
from tests.unit.model_code.fitting import tasks

LENGTHS = [3 + (7 * index) % 20 for index in range(101)]


def batches(*, epoch: int = 0, processes: int = 1, **options: int) -> list[list[list[int]]]:
    """For each process, its share of each batch of an epoch."""
    found = []
    for rank in range(processes):
        sampler = Batches(LENGTHS, **{"batch_size": 8, "seed": 5, **options}, rank=rank, processes=processes)
        sampler.set_epoch(epoch)
        found.append(list(sampler))
        assert len(sampler) == len(found[-1]) == math.ceil(101 / 8)
    return found


def test_every_text_is_in_one_batch_of_an_epoch_next_to_texts_of_its_length() -> None:
    [epoch] = batches()
    assert sorted(index for batch in epoch for index in batch) == list(range(101))
    spread = [max(LENGTHS[i] for i in batch) - min(LENGTHS[i] for i in batch) for batch in epoch]
    assert sum(spread) / len(spread) < 8  # 20 where nothing is grouped
    assert batches() == batches()
    assert batches(epoch=1) != batches()
    assert batches(seed=6) != batches()


def test_processes_share_the_batches_of_one() -> None:
    [alone] = batches()
    shares = batches(processes=3)
    for number, batch in enumerate(alone):
        together = [share[number] for share in shares]
        assert sorted(index for part in together for index in part if index >= 0) == sorted(batch)
        assert max(map(len, together)) - min(map(len, together)) <= 1
    last = [
        share[-1] for share in batches(processes=8)
    ]  # 5 texts for 8 processes: three get one that counts for nothing
    assert [index < 0 for [index] in last] == [False] * 5 + [True] * 3


def test_more_processes_than_texts_of_a_batch_are_refused() -> None:
    with pytest.raises(
        TrainingError, match="batch_size is 2 but the job has 4 training processes; set it to 4 or more"
    ):
        Batches(LENGTHS, batch_size=2, seed=1, processes=4)


def test_features_are_cut_padded_to_the_longest_and_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_batches, "_AT_ONCE", 7)
    task = tasks.task(tmp_path)
    made = Features(task.encoder, task.rows, task.labels, max_length=6)
    words = task.encoder.tokenizer
    expected = [words(row.text, truncation=True, max_length=6)["input_ids"] for row in task.rows]
    assert [made[index]["inputs"]["input_ids"].tolist() for index in range(len(made))] == expected
    assert made[4]["label"] == task.labels.index(task.rows[4].label)
    assert made[-5]["label"] == IGNORED
    assert made[-5]["inputs"]["input_ids"].tolist() == expected[4]
    two = Collator(task.encoder)([made[0], {"inputs": {"input_ids": [1, 2], "attention_mask": [1, 1]}, "label": 0}])
    assert two["input_ids"].tolist() == [expected[0], [1, 2] + [words.pad_token_id] * (len(expected[0]) - 2)]
    assert two["attention_mask"][1].tolist() == [1, 1] + [0] * (len(expected[0]) - 2)
    ids = torch.tensor([[words.cls_token_id, *range(5, 105), words.sep_token_id]] * 20)
    torch.manual_seed(0)
    hidden = Mask(task.encoder, share=0.3)({"input_ids": ids})["input_ids"]
    changed = hidden != ids
    assert (hidden[changed] == words.mask_token_id).all()
    assert 0.25 < changed[:, 1:-1].float().mean() < 0.35
    assert not changed[:, [0, -1]].any()


def test_loss_weighs_rare_labels_smooths_and_does_not_depend_on_how_a_batch_is_divided() -> None:
    truth = torch.tensor([0, 0, 0, 1, 1, 2])
    logits = torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
    weights = balanced(truth.numpy(), count=4)
    assert weights.tolist() == [0.5, 0.75, 1.5, 1.5]  # 6 / (4 x texts); a label without texts as if it had one
    loss = Loss(smoothing=0.1, weights=weights[:3].float())
    whole = loss({"logits": logits}, truth, num_items_in_batch=torch.tensor(6))
    parts = [
        loss({"logits": logits[part]}, truth[part], num_items_in_batch=torch.tensor(6))
        for part in ([0, 3], [1, 2, 4, 5])
    ]
    assert float(sum(parts)) == pytest.approx(float(whole))
    filled = loss({"logits": torch.cat([logits, logits[:1]])}, torch.cat([truth, torch.tensor([IGNORED])]))
    assert float(filled) == pytest.approx(float(whole))
    plain = Loss(smoothing=0.0, weights=None).of_logits(logits, truth)
    chosen = torch.log_softmax(logits, dim=1)[range(6), truth]
    assert float(plain) == pytest.approx(float(-chosen.mean()))
    assert float(Loss(smoothing=0.0, weights=weights[:3].float()).of_logits(logits, truth)) == pytest.approx(
        float(-(chosen * weights[truth]).mean()), rel=1e-5
    )


def test_training_stops_early_and_keeps_the_kept_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([0.5, 0.7, 0.6, 0.65, 0.9])
    left: list[np.ndarray] = []

    def scored(truth: object, chosen: object, **_: object) -> float:
        left.append(np.asarray(task.encoder.model.classifier.weight.detach()).copy())
        return next(scores)

    monkeypatch.setattr("model_code.training.fitting.fit.f1_score", scored)
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
    monkeypatch.setattr(fit, "HISTORY", 8)
    fitted = tasks.task(tmp_path).fit()  # 30 steps
    assert [point["step"] for point in fitted.history] == [4, 8, 12, 16, 20, 24, 28]
    assert fitted.loss == fitted.history[-1]["loss"]
    assert fitted.texts_per_second == pytest.approx(450 / fitted.seconds)


def test_empty_validation_part_is_refused(tmp_path: Path) -> None:
    task = replace(tasks.task(tmp_path), valid=[])
    with pytest.raises(TrainingError, match=r"the validation part is empty.*raise the hyperparameter valid_fraction"):
        task.fit()


def test_outputs_that_are_no_numbers_stop_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--warmup", "1.5"], "warmup is 1.5; it must be at least 0 and below 1, or -1 for the base model's default"),
        (["--token_masking", "-0.5"], "token_masking is -0.5; it must be at least 0"),
        (["--label_smoothing", "nan"], "label_smoothing is nan; it must be a finite number"),
        (["--learning_rate", "inf"], "learning_rate is inf; it must be a finite number"),
        (["--gradient_accumulation", "0"], "gradient_accumulation is 0; it must be at least 1"),
        (["--patience", "-2"], "patience is -2; it must not be negative"),
        (["--class_weights", "equal"], "class_weights is 'equal'; it must be one of: none, balanced"),
    ],
)
def test_hyperparameters_out_of_range_are_named(arguments: list[str], sentence: str) -> None:
    with pytest.raises(TrainingError) as caught:
        parse_arguments(arguments)
    assert sentence in str(caught.value)


def test_unset_shares_become_the_base_models_and_zero_stays_zero() -> None:
    compact = Hyperparameters().resolved(train_rows=9000)
    assert (compact.warmup, compact.weight_decay, compact.label_smoothing, compact.token_masking) == (
        0.1,
        0.05,
        0.1,
        0.3,
    )
    given = parse_arguments(["--token_masking", "0", "--label_smoothing", "-1.0"]).resolved(train_rows=9000)
    assert (given.token_masking, given.label_smoothing) == (0.0, 0.1)
    tuned = Hyperparameters(base_model="some-bert").resolved(train_rows=9000)
    assert (tuned.label_smoothing, tuned.token_masking, tuned.patience) == (0.0, 0.0, 2)
    assert Hyperparameters(epochs=40).resolved(train_rows=9000).patience == 10
