"""Fitting the model with transformers' Trainer, in this process and together with others where there are some."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import f1_score
from torch import distributed
from transformers import EarlyStoppingCallback, TrainingArguments, set_seed
from transformers.utils import logging as transformers_logging

from model_code.training import package
from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError
from model_code.training.fitting import checkpoints as keeping
from model_code.training.fitting import selection, speed
from model_code.training.fitting.callbacks import Keeper, Report, together
from model_code.training.fitting.encoder import Encoder
from model_code.training.fitting.token_batches import Collator, Features, Mask
from model_code.training.fitting.trainer import LabelTrainer, Loss, balanced
from model_code.training.settings import Hyperparameters

HISTORY = 200  # points of the loss curve
EVAL_BATCH = 64  # texts of a process; without gradients they take little memory
# The texts tell of the columns and fractions, and the other two change nothing that is learnt.
ELSEWHERE = {
    "processes_per_host",
    "checkpoint_seconds",
    "text_column",
    "label_column",
    "valid_fraction",
    "test_fraction",
}


@dataclass(frozen=True)
class Fitted:
    """What the fit took and how it went.

    ``seconds``, ``resumed_from_step`` (0: from the start) and ``texts_per_second`` are of the run that ended;
    ``history`` and ``epochs`` also of interrupted ones before it. ``loss``: the last of ``history``.
    """

    seconds: float
    loss: float
    precision: str
    history: list[dict[str, float]] = field(default_factory=list)  # step, epoch, loss, learning_rate
    epochs: list[dict[str, float]] = field(default_factory=list)  # epoch, valid_loss, valid_accuracy, valid_macro_f1
    kept_epoch: float = 0.0
    stopped_early: bool = False
    resumed_from_step: int = 0
    processes: int = 1
    texts_per_second: float = 0.0


def prepare(seed: int) -> None:
    """Seed every generator, before the model's weights are drawn."""
    set_seed(seed)


def precision(asked: str = "auto") -> str:
    """The one that was asked for; for ``auto`` bf16 where the hardware multiplies it natively, else fp32."""
    if asked != "auto":
        return asked
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    able: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()  # torch 2.9, the GPU image's, has none
    return "bf16" if able.get("amx_bf16") or able.get("avx512_bf16") else "fp32"


def fit(
    encoder: Encoder,
    rows: Sequence[Row],
    *,
    valid: Sequence[Row],
    labels: Sequence[str],
    settings: Hyperparameters,
    max_length: int,
    checkpoints: Path,
) -> Fitted:
    """Train ``encoder.model`` in place on ``rows``; it is left as after the epoch that ``selection`` keeps.

    Goes on from the newest usable checkpoint in ``checkpoints``. Called by each process of a distributed job with the
    same arguments. TrainingError when the loss or the model's outputs stop being numbers, memory does not suffice, or
    the checkpoints are of another model.
    """
    if not valid:
        raise TrainingError(
            "the validation part is empty, so no epoch can be called the best; "
            "raise the hyperparameter valid_fraction or give more rows"
        )
    started = time.monotonic()
    speed.keep_freed_memory()
    transformers_logging.disable_progress_bar()
    belongs_to = _identity(encoder, rows, valid, labels, settings, max_length)
    train = Features(encoder, rows, labels, max_length=max_length)
    smoothing = float(settings.label_smoothing)
    weights = balanced(train.labels, count=len(labels)) if settings.class_weights == "balanced" else None
    loss = Loss(smoothing=smoothing, weights=None if weights is None else weights.float())
    per_epoch = math.ceil(math.ceil(len(rows) / settings.batch_size) / settings.gradient_accumulation)
    arguments = _arguments(settings, checkpoints, per_epoch)
    resumed = _agreed(checkpoints, belongs_to)
    report = Report()
    evaluated = Features(encoder, valid, labels, max_length=max_length)
    measure = _metrics(loss, [valid[index].group for index in evaluated.longest_first()], labels=len(labels))
    trainer = LabelTrainer(
        model=encoder.model,
        args=arguments,
        mask=Mask(encoder, share=settings.token_masking),
        batch_size=settings.batch_size,
        train_dataset=train,
        eval_dataset=evaluated,
        data_collator=Collator(encoder),
        compute_loss_func=loss,
        compute_metrics=lambda predicted: measure(predicted, report.history),
        callbacks=[
            report,
            EarlyStoppingCallback(early_stopping_patience=settings.patience),
            Keeper(checkpoints, belongs_to=belongs_to, steps_per_epoch=per_epoch, seconds=settings.checkpoint_seconds),
        ],
    )
    for callback in list(trainer.callback_handler.callbacks):
        if type(callback).__name__ == "PrinterCallback":
            trainer.pop_callback(callback)
    if arguments.process_index:
        torch.manual_seed(settings.seed + arguments.process_index)  # its own dropout and masking
    with speed.narrow_norms(encoder.model) if arguments.bf16 else nullcontext():
        _train(trainer, resumed, settings)
    # Takes the bf16 wrapper off forward again, which the export would otherwise trace into the graph.
    trainer.accelerator.unwrap_model(encoder.model, keep_fp32_wrapper=False).eval()
    seconds = time.monotonic() - started
    return _fitted(trainer, seconds, resumed, texts_per_step=len(rows) / per_epoch)


def _arguments(settings: Hyperparameters, checkpoints: Path, per_epoch: int) -> TrainingArguments:
    steps = per_epoch * settings.epochs
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
        ddp_backend="gloo" if together() and not gpu else None,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=gpu,
        remove_unused_columns=False,
        seed=settings.seed,
        eval_strategy="epoch",
        save_strategy="best",  # and by time: see Keeper
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


def _train(trainer: LabelTrainer, resumed: keeping.Checkpoint | None, settings: Hyperparameters) -> None:
    if resumed and trainer.is_world_process_zero():
        print(f"goes on from {resumed.folder.name}", flush=True)
    try:
        trainer.train(resume_from_checkpoint=str(resumed.folder) if resumed else None)
    except (MemoryError, RuntimeError) as error:
        if not _is_memory(error):
            raise
        raise TrainingError(
            f"memory does not suffice for batches of {settings.batch_size} texts; lower the hyperparameter batch_size "
            "(and raise gradient_accumulation by as much, which keeps the step the same)"
        ) from error


def _is_memory(error: BaseException) -> bool:
    text = str(error).lower()
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or any(
        sign in text for sign in ("can't allocate memory", "not enough memory", "out of memory")
    )


def _metrics(loss: Loss, groups: Sequence[str], *, labels: int) -> Callable[[Any, list[Any]], dict[str, float]]:
    """``groups``: of the validation texts in the order in which they are evaluated."""

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
            "loss": float(loss.of_logits(torch.from_numpy(logits), torch.from_numpy(truth))),
        }

    return measure


def _identity(
    encoder: Encoder,
    rows: Sequence[Row],
    valid: Sequence[Row],
    labels: Sequence[str],
    settings: Hyperparameters,
    max_length: int,
) -> dict[str, Any]:
    """What a checkpoint must share with a job that goes on from it; small enough for a sentence."""
    texts = hashlib.sha256()
    for part in (rows, valid):
        for row in part:
            texts.update(f"{row.text}\0{row.label}\0".encode())
        texts.update(b"\1")
    weights = hashlib.sha256()
    for name, tensor in sorted(encoder.model.state_dict().items()):
        weights.update(name.encode())
        weights.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return {
        **{name: value for name, value in settings.as_dict().items() if name not in ELSEWHERE},
        "max_length": max_length,
        "texts": texts.hexdigest()[:16],
        "labels": list(labels),
        "weights before training": weights.hexdigest()[:16],
        "tokenizer": hashlib.sha256(encoder.tokenizer.backend_tokenizer.to_str().encode()).hexdigest()[:16],
        "code": package.code_digest()[:16],
    }


def _agreed(root: Path, belongs_to: dict[str, Any]) -> keeping.Checkpoint | None:
    """The newest checkpoint that every process has; None to start from the beginning."""
    found = keeping.usable(root)
    if found:
        keeping.check(found[0], belongs_to)
    if not together():
        return found[0] if found else None
    everywhere: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(everywhere, (belongs_to, [checkpoint.step for checkpoint in found]))
    if any(other != belongs_to for other, _ in everywhere):
        raise TrainingError(
            "the job's instances have prepared different texts or models; "
            "give every instance the whole dataset (S3DataDistributionType FullyReplicated)"
        )
    common = set.intersection(*(set(steps) for _, steps in everywhere))
    return next((checkpoint for checkpoint in found if checkpoint.step in common), None)


def _fitted(
    trainer: LabelTrainer, seconds: float, resumed: keeping.Checkpoint | None, *, texts_per_step: float
) -> Fitted:
    state = trainer.state
    history = [
        {name: float(entry[name]) for name in ("epoch", "loss", "learning_rate")} | {"step": int(entry["step"])}
        for entry in state.log_history
        if "learning_rate" in entry
    ]
    validated = [entry for entry in state.log_history if "eval_macro_f1" in entry]
    first = resumed.step if resumed else 0
    best = [entry["epoch"] for entry in validated if entry["step"] == state.best_global_step]
    planned = trainer.args.num_train_epochs
    return Fitted(
        seconds=seconds,
        loss=history[-1]["loss"] if history else math.nan,
        precision="bf16" if trainer.args.bf16 else "fp32",
        history=history,
        epochs=[
            {
                "epoch": entry["epoch"],
                "valid_loss": entry["eval_loss"],
                "valid_accuracy": entry["eval_accuracy"],
                "valid_macro_f1": entry["eval_macro_f1"],
            }
            for entry in validated
        ],
        kept_epoch=float(best[0]) if best else 0.0,
        stopped_early=bool(validated) and round(validated[-1]["epoch"]) < planned,
        resumed_from_step=first,
        processes=trainer.args.world_size,
        texts_per_second=(state.global_step - first) * texts_per_step / seconds,
    )
