"""Callbacks of the Trainer: progress lines, a stop when the loss is not finite, and checkpoints at intervals."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import distributed
from transformers import TrainerCallback

from model_code.training import progress
from model_code.training.errors import TrainingError
from model_code.training.fitting import checkpoints

MAX_SAVING_SHARE = 0.02  # of the training time
AGREE_STEPS = 16  # how often several processes agree on whether to save


def is_distributed() -> bool:
    """Whether other processes train with this one."""
    return bool(distributed.is_available() and distributed.is_initialized())


class ProgressReporter(TrainerCallback):  # type: ignore[misc]
    """Prints progress from the first process, at most once a second, and stops when the loss is not finite."""

    def __init__(self) -> None:
        self._throttle = progress.Throttle(1.0)
        self.loss = math.nan
        self.history: list[dict[str, float]] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Called by Trainer when it has loaded its state, which holds the history of an interrupted run."""
        self.history = state.log_history

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Called by Trainer after each optimiser step."""
        if state.is_world_process_zero and (self._throttle.ready() or state.global_step == state.max_steps):
            loss = {} if math.isnan(self.loss) else {"loss": self.loss}
            progress.report("train", state.global_step, state.max_steps, epoch=float(state.epoch), **loss)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        """Called by Trainer with the mean loss of all processes since the last call."""
        if "loss" not in (logs or {}):
            return
        self.loss = float((logs or {})["loss"])
        if not math.isfinite(self.loss):
            raise TrainingError(
                f"the training loss became {self.loss} at step {state.global_step}; "
                "lower the hyperparameter learning_rate"
            )

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float], **_: Any) -> None:
        """Called by Trainer with the figures of the validation part."""
        if state.is_world_process_zero:
            progress.report(
                "validate",
                round(state.epoch),
                state.num_train_epochs,
                accuracy=metrics["eval_accuracy"],
                macro_f1=metrics["eval_macro_f1"],
                loss=metrics["eval_loss"],
            )


class CheckpointKeeper(TrainerCallback):  # type: ignore[misc]
    """Decides when to save a checkpoint and what it holds, marks it as complete, and removes those it replaces.

    The weights are saved whenever an epoch is the best so far. The optimiser's state, twice as large, goes with them
    only about every ``seconds``, or less often where saving takes long.
    """

    def __init__(self, root: Path, *, belongs_to: Mapping[str, Any], steps_per_epoch: int, seconds: float) -> None:
        self.root, self.steps_per_epoch, self._belongs_to = root, steps_per_epoch, belongs_to
        self._seconds = seconds
        self._due = math.inf
        self._requested: float | None = None
        self._resumable: int | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Called by Trainer when it has loaded its state; a resumed state has the folder's path of that time."""
        self._due = time.monotonic() + self._seconds
        self._resumable = state.global_step or None
        args.save_only_model = True
        if state.best_global_step and (best := checkpoints.folder_of(self.root, state.best_global_step)).is_dir():
            state.best_model_checkpoint = str(best)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Called by Trainer after each optimiser step. After an epoch's last one, ``on_evaluate`` decides."""
        may_save = state.global_step % self.steps_per_epoch and (
            not is_distributed() or not state.global_step % AGREE_STEPS
        )
        if may_save and self._is_due(args):
            args.save_only_model = False
            control.should_save = True
            self._requested = time.monotonic()

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Called by Trainer at an epoch's end, before it saves the best epoch so far."""
        args.save_only_model = not self._is_due(args)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Called by Trainer after it has written a checkpoint."""
        if is_distributed():
            distributed.barrier()
        if not args.save_only_model:
            now = time.monotonic()
            took = now - self._requested if self._requested is not None else 0.0
            self._due, self._requested = now + max(self._seconds, took / MAX_SAVING_SHARE), None
            self._resumable = state.global_step
            args.save_only_model = True
        if state.is_world_process_zero:
            checkpoints.mark(checkpoints.folder_of(self.root, state.global_step), belongs_to=self._belongs_to)
            checkpoints.thin_out(self.root, resumable=self._resumable, best=state.best_global_step)

    def _is_due(self, args: Any) -> bool:
        due = time.monotonic() >= self._due
        if not is_distributed():
            return due
        agreed = torch.tensor([due], dtype=torch.int32, device=args.device)
        distributed.broadcast(agreed, src=0)  # clocks differ, and all have to save at once
        return bool(agreed.item())
