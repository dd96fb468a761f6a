"""Fitting the model with transformers' Trainer: length-grouped batches padded to their longest text."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import DataCollatorWithPadding, Trainer, TrainerCallback, TrainingArguments, set_seed

from model_code.training import progress
from model_code.training.dataset import Row
from model_code.training.encoder import Encoder
from model_code.training.errors import TrainingError
from model_code.training.settings import Hyperparameters

WARMUP = 0.1
LABEL_SMOOTHING = 0.1  # from scratch only, like the masking: both make runs of different seeds alike
TOKEN_MASKING = 0.3  # of the word pieces of a text, from scratch only: few texts, many words seen once


@dataclass(frozen=True)
class Fitted:
    """What the fit took: seconds, the last mean loss, and the arithmetic it used."""

    seconds: float
    loss: float
    precision: str


class Collator:
    """Pads a batch to its longest text and, from scratch, hides word pieces so that no single word decides."""

    def __init__(self, encoder: Encoder, *, masking: float) -> None:
        self._pad = DataCollatorWithPadding(encoder.tokenizer)
        self._masking = masking
        self._mask_id = encoder.tokenizer.mask_token_id
        self._special = torch.tensor(encoder.tokenizer.all_special_ids)

    def __call__(self, features: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Features of single texts -> input_ids, attention_mask, labels, each (batch, longest) or (batch,)."""
        batch = dict(self._pad(features))
        if self._masking:
            ids = batch["input_ids"]
            hidden = (torch.rand(ids.shape) < self._masking) & ~torch.isin(ids, self._special)
            batch["input_ids"] = ids.masked_fill(hidden, self._mask_id)
        return batch


class _Report(TrainerCallback):  # type: ignore[misc]
    """Progress lines at most once a second, and the latest loss."""

    def __init__(self) -> None:
        self._throttle = progress.Throttle(1.0)
        self.loss = math.nan

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Called by Trainer after each optimiser step."""
        if self._throttle.ready() or state.global_step == state.max_steps:
            known = {} if math.isnan(self.loss) else {"loss": self.loss}
            progress.report("train", state.global_step, state.max_steps, epoch=float(state.epoch), **known)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        """Called by Trainer with the mean loss since the last time."""
        if "loss" not in (logs or {}):
            return
        self.loss = float((logs or {})["loss"])
        if not math.isfinite(self.loss):
            raise TrainingError(
                f"the training loss became {self.loss} at step {state.global_step}; "
                "lower the hyperparameter learning_rate"
            )


def prepare(seed: int) -> None:
    """Seed every generator, before the model's weights are drawn."""
    set_seed(seed)


def features(encoder: Encoder, rows: Sequence[Row], labels: Sequence[str], *, max_length: int) -> list[dict[str, Any]]:
    """Token ids (no padding) and the label's position of each row."""
    position = {name: index for index, name in enumerate(labels)}
    inputs = encoder.tokenizer([row.text for row in rows], truncation=True, max_length=max_length)
    wanted = [name for name in encoder.tokenizer.model_input_names if name in inputs]
    return [
        {**{name: inputs[name][index] for name in wanted}, "labels": position[row.label]}
        for index, row in enumerate(rows)
    ]


def precision() -> str:
    """bf16 where the hardware multiplies it natively, else fp32."""
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    able = torch.cpu.get_capabilities()
    return "bf16" if able.get("amx_bf16") or able.get("avx512_bf16") else "fp32"


def fit(
    encoder: Encoder,
    rows: Sequence[Row],
    *,
    labels: Sequence[str],
    settings: Hyperparameters,
    max_length: int,
    checkpoints: Path,
) -> Fitted:
    """Train ``encoder.model`` in place on ``rows``. TrainingError when the loss stops being a number."""
    steps = math.ceil(len(rows) / settings.batch_size) * settings.epochs
    kind = precision()
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        warmup_steps=int(steps * WARMUP),
        lr_scheduler_type="linear",
        weight_decay=0.05,
        label_smoothing_factor=LABEL_SMOOTHING if settings.from_scratch else 0.0,
        train_sampling_strategy="group_by_length",
        bf16=kind == "bf16",
        use_cpu=not torch.cuda.is_available(),
        seed=settings.seed,
        save_strategy="no",
        logging_steps=max(steps // 50, 1),
        logging_nan_inf_filter=False,
        report_to=[],
        disable_tqdm=True,
        log_level="error",
    )
    report = _Report()
    collator = Collator(encoder, masking=TOKEN_MASKING if settings.from_scratch else 0.0)
    trainer = Trainer(
        model=encoder.model,
        args=arguments,
        train_dataset=features(encoder, rows, labels, max_length=max_length),
        data_collator=collator,
        callbacks=[report],
    )
    trainer.pop_callback(
        next(
            callback for callback in trainer.callback_handler.callbacks if type(callback).__name__ == "PrinterCallback"
        )
    )
    started = time.monotonic()
    trainer.train()
    # Takes the bf16 wrapper off forward again, which the export would otherwise trace into the graph.
    trainer.accelerator.unwrap_model(encoder.model, keep_fp32_wrapper=False).eval()
    return Fitted(seconds=time.monotonic() - started, loss=report.loss, precision=kind)
