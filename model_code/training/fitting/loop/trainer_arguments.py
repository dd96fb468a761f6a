"""The arguments of transformers' Trainer that follow from the hyperparameters and from the machine."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from transformers import TrainingArguments

from model_code.training.fitting.loop.callbacks import is_distributed
from model_code.training.settings import Hyperparameters

HISTORY = 200  # points of the loss curve
EVAL_BATCH = 64  # texts of a process; without gradients they take little memory


def precision(setting: str = "auto") -> str:
    """Of matrix products: the ``setting``; for ``auto``, bf16 where the hardware multiplies it natively, else fp32."""
    if setting != "auto":
        return setting
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    able: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()  # torch 2.9, the GPU image's, has none
    return "bf16" if able.get("amx_bf16") or able.get("avx512_bf16") else "fp32"


def trainer_arguments(settings: Hyperparameters, *, checkpoints: Path, steps_per_epoch: int) -> TrainingArguments:
    """``checkpoints``: the folder to save them in."""
    steps = steps_per_epoch * settings.epochs
    gpu = torch.cuda.is_available()
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=EVAL_BATCH,
        gradient_accumulation_steps=settings.gradient_accumulation,
        learning_rate=settings.learning_rate,
        warmup_steps=int(steps * settings.warmup),
        lr_scheduler_type="linear",
        weight_decay=settings.weight_decay,
        optim="adamw_torch_fused",
        bf16=precision(settings.precision) == "bf16",
        use_cpu=not gpu,
        ddp_backend="gloo" if is_distributed() and not gpu else None,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=gpu,
        remove_unused_columns=False,
        seed=settings.seed,
        eval_strategy="epoch",
        save_strategy="best",  # and by time: see CheckpointKeeper
        load_best_model_at_end=True,
        metric_for_best_model="score",
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,
        logging_steps=math.ceil(steps / HISTORY),
        logging_nan_inf_filter=False,
        report_to=[],
        disable_tqdm=True,
        log_level="error",
        log_level_replica="error",
    )
