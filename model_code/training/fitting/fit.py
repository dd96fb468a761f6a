"""Fitting the model with transformers' Trainer, in this process or together with others."""

from __future__ import annotations

import gc
import math
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from transformers import EarlyStoppingCallback, set_seed
from transformers.trainer_callback import PrinterCallback
from transformers.utils import logging as transformers_logging

from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError
from model_code.training.fitting import collapse, resume, speed
from model_code.training.fitting.checkpoints import SECOND_TRY, Checkpoint
from model_code.training.fitting.encoder import Encoder
from model_code.training.fitting.loop import validation
from model_code.training.fitting.loop.callbacks import CheckpointKeeper, ProgressReporter
from model_code.training.fitting.loop.token_batches import Collator, Features, Mask
from model_code.training.fitting.loop.trainer import LabelTrainer, Loss, balanced
from model_code.training.fitting.loop.trainer_arguments import trainer_arguments
from model_code.training.settings import Hyperparameters


@dataclass(frozen=True)
class Fitted:
    """What the fit took and how it went.

    ``seconds``, ``resumed_from_step`` (0: from the start) and ``texts_per_second`` are of the run that ended;
    ``history`` and ``epochs`` also of interrupted ones before it. ``loss``: the last of ``history``.
    ``association``: of the kept epoch's answers with the validation texts' labels (``collapse``). ``restarted``: a
    first try learned nothing, and this is the second.
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
    association: float = 1.0
    restarted: bool = False

    @property
    def learned_nothing(self) -> bool:
        """Whether the model's answers have no more to do with the labels than chance."""
        return collapse.learned_nothing(self.association)


def prepare(seed: int) -> None:
    """Seed every generator, before the model's weights are drawn."""
    set_seed(seed)


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

    A training that learned nothing is started once more, with gentler settings. Resumes from the newest usable
    checkpoint in ``checkpoints``. Called by each process of a distributed job with the same arguments. TrainingError
    when the loss or the model's outputs stop being numbers, memory runs out, or the checkpoints are of another model.
    """
    if not valid:
        raise TrainingError(
            "the validation part is empty, so no epoch can be called the best; "
            "raise the hyperparameter valid_fraction or add rows"
        )
    with tempfile.TemporaryFile() as untrained:
        torch.save(encoder.model.state_dict(), untrained)
        fitted = _try(encoder, rows, valid, labels, settings, max_length, checkpoints)
        if not fitted.learned_nothing:
            return fitted
        print(collapse.RESTARTED, flush=True)
        untrained.seek(0)
        encoder.model.load_state_dict(torch.load(untrained, weights_only=True))
    gc.collect()  # the first trainer's hooks on the parameters go with it
    gentler = collapse.gentler(settings)
    again = _try(encoder, rows, valid, labels, gentler, max_length, checkpoints / SECOND_TRY)
    if again.learned_nothing:
        print(collapse.LEARNED_NOTHING, flush=True)
    return replace(again, seconds=fitted.seconds + again.seconds, restarted=True)


def _try(
    encoder: Encoder,
    rows: Sequence[Row],
    valid: Sequence[Row],
    labels: Sequence[str],
    settings: Hyperparameters,
    max_length: int,
    checkpoints: Path,
) -> Fitted:
    started = time.monotonic()
    speed.keep_freed_memory()
    transformers_logging.disable_progress_bar()
    belongs_to = resume.identity(encoder, rows, valid, labels, settings, max_length)
    steps_per_epoch = math.ceil(math.ceil(len(rows) / settings.batch_size) / settings.gradient_accumulation)
    resumed = resume.newest_common(checkpoints, belongs_to)
    keeper = CheckpointKeeper(
        checkpoints, belongs_to=belongs_to, steps_per_epoch=steps_per_epoch, seconds=settings.checkpoint_seconds
    )
    trainer = _trainer(encoder, rows, valid, labels, settings, max_length, keeper)
    if trainer.args.process_index:
        torch.manual_seed(settings.seed + trainer.args.process_index)  # its own dropout and masking
    with speed.narrow_norms(encoder.model) if trainer.args.bf16 else nullcontext():
        _train(trainer, resumed, settings)
    # Takes the bf16 wrapper off forward again, which the export would otherwise trace into the graph.
    trainer.accelerator.unwrap_model(encoder.model, keep_fp32_wrapper=False).eval()
    seconds = time.monotonic() - started
    return _fitted(trainer, seconds, resumed, texts_per_step=len(rows) / steps_per_epoch)


def _trainer(
    encoder: Encoder,
    rows: Sequence[Row],
    valid: Sequence[Row],
    labels: Sequence[str],
    settings: Hyperparameters,
    max_length: int,
    keeper: CheckpointKeeper,
) -> LabelTrainer:
    train = Features(encoder, rows, labels, max_length=max_length)
    evaluated = Features(encoder, valid, labels, max_length=max_length)
    weights = balanced(train.labels, count=len(labels)) if settings.class_weights == "balanced" else None
    loss = Loss(smoothing=float(settings.label_smoothing), weights=None if weights is None else weights.float())
    groups = [valid[index].group for index in evaluated.longest_first()]
    measure = validation.metrics(loss, groups, labels=len(labels))
    reporter = ProgressReporter()
    trainer = LabelTrainer(
        model=encoder.model,
        args=trainer_arguments(settings, checkpoints=keeper.root, steps_per_epoch=keeper.steps_per_epoch),
        mask=Mask(encoder, share=settings.token_masking),
        batch_size=settings.batch_size,
        train_dataset=train,
        eval_dataset=evaluated,
        data_collator=Collator(encoder),
        compute_loss_func=loss,
        compute_metrics=lambda predicted: measure(predicted, reporter.history),
        callbacks=[reporter, EarlyStoppingCallback(early_stopping_patience=settings.patience), keeper],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _train(trainer: LabelTrainer, resumed: Checkpoint | None, settings: Hyperparameters) -> None:
    if resumed and trainer.is_world_process_zero():
        print(f"resuming from {resumed.folder.name}", flush=True)
    try:
        trainer.train(resume_from_checkpoint=str(resumed.folder) if resumed else None)
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        raise TrainingError(
            f"there is not enough memory for batches of {settings.batch_size} texts; lower the hyperparameter "
            "batch_size (and raise gradient_accumulation by as much, which keeps the step the same)"
        ) from error


def _is_out_of_memory(error: BaseException) -> bool:
    text = str(error).lower()
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or any(
        sign in text for sign in ("can't allocate memory", "not enough memory", "out of memory")
    )


def _fitted(trainer: LabelTrainer, seconds: float, resumed: Checkpoint | None, *, texts_per_step: float) -> Fitted:
    state = trainer.state
    history = [
        {name: float(entry[name]) for name in ("epoch", "loss", "learning_rate")} | {"step": int(entry["step"])}
        for entry in state.log_history
        if "learning_rate" in entry
    ]
    validated = [entry for entry in state.log_history if "eval_macro_f1" in entry]
    first = resumed.step if resumed else 0
    best = [entry for entry in validated if entry["step"] == state.best_global_step]
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
        kept_epoch=float(best[0]["epoch"]) if best else 0.0,
        association=float(best[0]["eval_association"]) if best else 1.0,
        stopped_early=bool(validated) and round(validated[-1]["epoch"]) < planned,
        resumed_from_step=first,
        processes=trainer.args.world_size,
        texts_per_second=(state.global_step - first) * texts_per_step / seconds,
    )
