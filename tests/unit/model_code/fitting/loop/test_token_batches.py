"""Batches of word pieces: grouped by length, the same for any number of processes, padded and masked."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from model_code.training.errors import TrainingError
from model_code.training.fitting.loop import token_batches
from model_code.training.fitting.loop.token_batches import IGNORED, Batches, Collator, Features, Mask
from tests.unit.model_code.fitting import tasks

LENGTHS = [3 + (7 * index) % 20 for index in range(101)]


def batches(*, epoch: int = 0, processes: int = 1, **options: int) -> list[list[list[int]]]:
    """For each process, its share of each batch of an epoch."""
    by_process = []
    for rank in range(processes):
        sampler = Batches(LENGTHS, **{"batch_size": 8, "seed": 5, **options}, rank=rank, processes=processes)
        sampler.set_epoch(epoch)
        by_process.append(list(sampler))
        assert len(sampler) == len(by_process[-1]) == math.ceil(101 / 8)
    return by_process


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
    monkeypatch.setattr(token_batches, "_TEXTS_AT_ONCE", 7)
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
