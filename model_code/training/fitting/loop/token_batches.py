"""Texts as word pieces in flat arrays, and batches of them: grouped by length, padded, the same in every process."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices

from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError
from model_code.training.fitting.encoder import Encoder

IGNORED = -100  # a label that the loss leaves out
_TEXTS_AT_ONCE = 10_000  # texts tokenised together; their Python lists take 50 times an array's memory


class Features(Dataset[dict[str, Any]]):  # type: ignore[misc]
    """Word pieces (no padding) and label positions of rows, as 32-bit integers.

    ``len`` is the number of rows; ``lengths`` the word pieces of each. Item ``i``: ``inputs``, one array for each input
    of the model, and ``label``. Item ``-1 - i``: the same text with the label IGNORED, to fill up a process's share.
    """

    def __init__(self, encoder: Encoder, rows: Sequence[Row], labels: Sequence[str], *, max_length: int) -> None:
        position = {name: index for index, name in enumerate(labels)}
        self.labels = np.array([position[row.label] for row in rows], dtype=np.int64)
        self.lengths: list[int] = []
        parts: dict[str, list[np.ndarray[Any, Any]]] = {}
        for start in range(0, len(rows), _TEXTS_AT_ONCE):
            texts = [row.text for row in rows[start : start + _TEXTS_AT_ONCE]]
            inputs = encoder.tokenizer(texts, truncation=True, max_length=max_length)
            self.lengths += [len(pieces) for pieces in inputs["input_ids"]]
            for name in encoder.tokenizer.model_input_names:
                if name in inputs:
                    flat = np.fromiter((piece for pieces in inputs[name] for piece in pieces), dtype=np.int32)
                    parts.setdefault(name, []).append(flat)
        self._flat = {name: np.concatenate(arrays) for name, arrays in parts.items()}
        self._ends = np.cumsum(self.lengths, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.labels)

    def longest_first(self) -> list[int]:
        """Positions of the rows from the longest text to the shortest."""
        return sorted(range(len(self)), key=lambda index: -self.lengths[index])

    def __getitem__(self, index: int) -> dict[str, Any]:
        row = index if index >= 0 else -1 - index
        end = int(self._ends[row])
        start = end - self.lengths[row]
        inputs = {name: array[start:end] for name, array in self._flat.items()}
        return {"inputs": inputs, "label": int(self.labels[row]) if index >= 0 else IGNORED}


class Collator:
    """Pads a batch on the right, as serving does, to its longest text."""

    def __init__(self, encoder: Encoder) -> None:
        tokenizer = encoder.tokenizer
        self._padding = {"input_ids": tokenizer.pad_token_id, "token_type_ids": tokenizer.pad_token_type_id}

    def __call__(self, items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Items of Features -> each input of the model as (batch, longest), and labels as (batch,)."""
        longest = max(len(item["inputs"]["input_ids"]) for item in items)
        batch = {}
        for name in items[0]["inputs"]:
            filled = np.full((len(items), longest), self._padding.get(name, 0), dtype=np.int64)
            for row, item in zip(filled, items, strict=True):
                pieces = item["inputs"][name]
                row[: len(pieces)] = pieces
            batch[name] = torch.from_numpy(filled)
        batch["labels"] = torch.tensor([item["label"] for item in items])
        return batch


class Batches(Sampler[list[int]]):  # type: ignore[misc]
    """This process's share of each batch of an epoch; a batch holds texts of similar length.

    The order depends only on the seed and the epoch, not on the number of processes or on earlier draws: a resumed
    epoch continues in the same order.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        *,
        batch_size: int,
        accumulation: int = 1,
        seed: int,
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        if batch_size < processes:
            raise TrainingError(
                f"hyperparameter batch_size is {batch_size} but the job has {processes} training processes; "
                f"set it to {processes} or more, or train with fewer processes"
            )
        self._lengths = list(lengths)
        self._size, self._group = batch_size, batch_size * accumulation
        self._seed, self._epoch = seed, 0
        self._rank, self._processes = rank, processes

    def set_epoch(self, epoch: int) -> None:
        """Called by Trainer before an epoch; epochs count from 0."""
        self._epoch = epoch

    def __len__(self) -> int:
        return math.ceil(len(self._lengths) / self._size)

    def __iter__(self) -> Iterator[list[int]]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        order = get_length_grouped_indices(self._lengths, self._group, generator=generator)
        for start in range(0, len(order), self._size):
            batch = order[start : start + self._size]
            yield batch[self._rank :: self._processes] or [-1 - batch[0]]


class Loader(DataLoader[dict[str, Any]]):  # type: ignore[misc]
    """A DataLoader that passes the epoch on to its batches."""

    def set_epoch(self, epoch: int) -> None:
        """Called by Trainer before an epoch."""
        self.batch_sampler.set_epoch(epoch)


class Mask:
    """Masks word pieces of a batch at random, to keep the model from relying on single words."""

    def __init__(self, encoder: Encoder, *, share: float) -> None:
        self._share = share
        self._mask_id = encoder.tokenizer.mask_token_id
        self._special = torch.tensor(encoder.tokenizer.all_special_ids)
        if share and self._mask_id is None:
            raise TrainingError(
                f"hyperparameter token_masking is {share} but base model {encoder.name!r} has no mask token; "
                "set it to 0"
            )

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The batch with about ``share`` of its ordinary word pieces replaced by the mask token."""
        if not self._share:
            return batch
        ids = batch["input_ids"]
        hidden = (torch.rand(ids.shape, device=ids.device) < self._share) & ~torch.isin(
            ids, self._special.to(ids.device)
        )
        return {**batch, "input_ids": ids.masked_fill(hidden, self._mask_id)}
