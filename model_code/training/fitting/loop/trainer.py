"""transformers' Trainer with this project's batches, masking and loss; the loop itself is transformers'."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader
from transformers import Trainer

from model_code.training.fitting.loop.token_batches import IGNORED, Batches, Features, Loader, Mask


class Loss:
    """Cross-entropy with label smoothing and, with ``weights`` (labels,), a weight for each label."""

    def __init__(self, *, smoothing: float, weights: torch.Tensor | None) -> None:
        self._smoothing, self._weights = smoothing, weights

    def __call__(self, outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
        """The mean over ``num_items_in_batch`` texts: those of all processes and of all batches of a step."""
        return self.of_logits(outputs["logits"], labels, texts=num_items_in_batch)

    def of_logits(self, logits: torch.Tensor, labels: torch.Tensor, *, texts: Any = None) -> torch.Tensor:
        """From logits (texts, labels) and true positions (texts,); IGNORED ones do not count."""
        total = cross_entropy(
            logits.float(),
            labels,
            weight=None if self._weights is None else self._weights.to(logits.device),
            label_smoothing=self._smoothing,
            ignore_index=IGNORED,
            reduction="sum",
        )
        return total / (texts if texts is not None else labels.ne(IGNORED).sum())


def balanced(labels: Any, *, count: int) -> torch.Tensor:
    """A weight for each of ``count`` labels in inverse proportion to its texts; their mean over the texts is 1."""
    texts = torch.bincount(torch.as_tensor(labels), minlength=count).clamp(min=1)
    return len(labels) / (count * texts.double())


class LabelTrainer(Trainer):  # type: ignore[misc]
    """A Trainer whose batches do not depend on the number of processes.

    Masking is part of the step and not of the collator: it draws from the generator that a resumed run restores.
    """

    def __init__(self, *, mask: Mask, batch_size: int, **options: Any) -> None:
        super().__init__(**options)
        self._mask, self._batch_size = mask, batch_size
        self._eval_loader: Any = None

    def get_train_dataloader(self) -> Loader:
        """This process's share of every batch."""
        features: Features = self.train_dataset
        batches = Batches(
            features.lengths,
            batch_size=self._batch_size,
            accumulation=self.args.gradient_accumulation_steps,
            seed=self.args.seed,
            rank=self.args.process_index,
            processes=self.args.world_size,
        )
        return Loader(
            features,
            batch_sampler=batches,
            collate_fn=self.data_collator,
            pin_memory=self.args.dataloader_pin_memory,
        )

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        """The validation part, longest first, divided among the processes."""
        if self._eval_loader is None:
            features: Features = self.eval_dataset
            loader = DataLoader(
                features,
                batch_size=self.args.eval_batch_size,
                sampler=features.longest_first(),
                collate_fn=self.data_collator,
            )
            self._eval_loader = self.accelerator.prepare(loader)
        return self._eval_loader

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        """Forward and backward on one batch."""
        loss: torch.Tensor = super().training_step(model, self._mask(inputs), num_items_in_batch)
        return loss

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Always 0: counting would walk through the model's modules at every step."""
        return 0
