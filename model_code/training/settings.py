"""A training job's settings: hyperparameters from the command line, folders from the container's environment."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from model_code.training.errors import TrainingError

COMPACT = "compact"
OWN_FILES = "own-files"
CLASS_WEIGHTS = ("none", "balanced")
PRECISIONS = ("auto", "bf16", "fp32")
UNSET = -1.0  # a share of 0 is a choice of its own


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Numbers and names a user may set. 0, and -1 for shares, is "the default for this base model" (``resolved``).

    ``batch_size`` texts, over all processes together, go through the model at a time; ``gradient_accumulation`` such
    batches make one step of the optimiser. For a pretrained encoder its default grows with the rows, and the learning
    rate's with the batch. ``patience``: epochs in a row that are worse than the best
    (``fitting.selection``) before training stops. ``precision`` of the matrix products: auto is bf16 where the hardware
    multiplies it natively. ``processes_per_host`` 0: one for each GPU, or one where there is
    none. ``checkpoint_seconds``: of work that an interruption may lose, about.
    ``base_model_sha256``: of the weights in the base model's channel, "" for any.
    """

    base_model: str = COMPACT
    epochs: int = 0
    batch_size: int = 0
    gradient_accumulation: int = 1
    learning_rate: float = 0.0
    patience: int = 0
    class_weights: str = "none"
    precision: str = "auto"
    warmup: float = UNSET
    weight_decay: float = UNSET
    label_smoothing: float = UNSET
    token_masking: float = UNSET
    max_length: int = 0
    hidden_size: int = 256
    layers: int = 1
    heads: int = 4
    vocab_size: int = 8000
    seed: int = 13
    text_column: str = ""
    label_column: str = ""
    valid_fraction: float = 0.05
    test_fraction: float = 0.10
    processes_per_host: int = 0
    checkpoint_seconds: int = 120
    base_model_sha256: str = ""

    @property
    def from_scratch(self) -> bool:
        """Whether the compact model is trained from scratch instead of fine-tuning a pretrained encoder."""
        return self.base_model == COMPACT

    def with_channel(self, channel: Path | None) -> Hyperparameters:
        """The same with a base model's name that says where it comes from: files in its channel go before "compact"."""
        if channel is not None and self.base_model in {"", COMPACT}:
            return replace(self, base_model=OWN_FILES)
        return replace(self, base_model=self.base_model or COMPACT)

    def resolved(self, *, train_rows: int) -> Hyperparameters:
        """The same with every default replaced by what was measured best for the base model (docs/benchmarks.md).

        Few rows get more epochs, so that the optimiser makes enough steps to learn anything, and more patience.
        """
        defaults = _COMPACT_DEFAULTS if self.from_scratch else _PRETRAINED_DEFAULTS
        batch_size = self.batch_size or defaults.batch_for(train_rows)
        steps_per_epoch = math.ceil(train_rows / (batch_size * self.gradient_accumulation))
        wanted = min(max(defaults.epochs, math.ceil(defaults.min_steps / steps_per_epoch)), defaults.max_epochs)
        epochs = self.epochs or wanted
        shares = {name: getattr(defaults, name) for name in _SHARES if getattr(self, name) == UNSET}
        return replace(
            self,
            epochs=epochs,
            batch_size=batch_size,
            patience=self.patience or max(defaults.patience, math.ceil(epochs / 4)),
            learning_rate=self.learning_rate or defaults.rate_for(batch_size),
            max_length=self.max_length or defaults.max_length,
            **shares,
        )

    def as_dict(self) -> dict[str, Any]:
        """For metadata.json."""
        return asdict(self)

    def check(self) -> None:
        """TrainingError for the first value that cannot work."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise TrainingError(f"hyperparameter {field.name} is {value}; it must be a finite number")
        for name in _POSITIVE:
            if getattr(self, name) < 1:
                raise TrainingError(f"hyperparameter {name} is {getattr(self, name)}; it must be at least 1")
        for name in ("epochs", "batch_size", "learning_rate", "max_length", "seed", "patience", "processes_per_host"):
            if getattr(self, name) < 0:
                raise TrainingError(f"hyperparameter {name} is {getattr(self, name)}; it must not be negative")
        if self.hidden_size % self.heads:
            raise TrainingError(f"hidden_size {self.hidden_size} is not a multiple of heads {self.heads}")
        for name in ("valid_fraction", "test_fraction"):
            if not 0 < getattr(self, name) < 0.5:
                raise TrainingError(f"hyperparameter {name} is {getattr(self, name)}; it must be between 0 and 0.5")
        for name in _SHARES:
            if getattr(self, name) != UNSET and not 0 <= getattr(self, name) < 1:
                raise TrainingError(
                    f"hyperparameter {name} is {getattr(self, name)}; it must be at least 0 and below 1, "
                    "or -1 for the base model's default"
                )
        self._check_names()

    def _check_names(self) -> None:
        for name, allowed in (("class_weights", CLASS_WEIGHTS), ("precision", PRECISIONS)):
            if getattr(self, name) not in allowed:
                raise TrainingError(
                    f"hyperparameter {name} is {getattr(self, name)!r}; it must be one of: {', '.join(allowed)}"
                )


_POSITIVE = (
    "gradient_accumulation",
    "hidden_size",
    "layers",
    "heads",
    "vocab_size",
    "checkpoint_seconds",
)
_SHARES = ("warmup", "weight_decay", "label_smoothing", "token_masking")
SMALL_BATCH = 32
STEPS_PER_EPOCH = 64  # that a larger batch must leave


@dataclass(frozen=True, kw_only=True)
class _Defaults:
    epochs: int
    min_steps: int
    max_epochs: int
    patience: int
    learning_rate: float  # of a batch of SMALL_BATCH texts
    max_length: int
    most_batch: int = SMALL_BATCH
    warmup: float = 0.1
    weight_decay: float = 0.05
    label_smoothing: float = 0.0
    token_masking: float = 0.0

    def batch_for(self, rows: int) -> int:
        """Texts a batch: the most that still leave an epoch of ``rows`` texts enough steps."""
        size = SMALL_BATCH
        while size < self.most_batch and rows >= 2 * size * STEPS_PER_EPOCH:
            size *= 2
        return size

    def rate_for(self, batch_size: int) -> float:
        """The learning rate, which grows with the root of a larger batch, as its gradient is less noisy."""
        grown = math.sqrt(max(batch_size, SMALL_BATCH) / SMALL_BATCH)
        return self.learning_rate * (min(grown, math.sqrt(self.most_batch / SMALL_BATCH)))


# From scratch, smoothing and masking make runs of different seeds alike: few texts, many words seen once.
_COMPACT_DEFAULTS = _Defaults(
    epochs=8,
    min_steps=1200,
    max_epochs=40,
    patience=3,
    learning_rate=5e-4,
    max_length=48,
    label_smoothing=0.1,
    token_masking=0.3,
)
_PRETRAINED_DEFAULTS = _Defaults(
    epochs=3, min_steps=200, max_epochs=10, patience=2, learning_rate=5e-5, max_length=64, most_batch=128
)


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Where the container puts things. A channel that the job does not have is None."""

    model: Path
    output: Path
    failure: Path
    checkpoints: Path
    dataset: Path
    champion: Path | None
    base_model: Path | None
    serving_deps: Path | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Folders:
        """The documented SM_* variables, or their places below SAGEMAKER_BASE_DIR (/opt/ml)."""
        base = Path(environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))

        def channel(name: str) -> Path | None:
            given = environ.get(f"SM_CHANNEL_{name.upper()}")
            folder = Path(given) if given else base / "input" / "data" / name
            return folder if folder.is_dir() else None

        dataset = channel("dataset")
        if dataset is None:
            raise TrainingError(
                f"the job has no dataset channel: neither SM_CHANNEL_DATASET nor "
                f"{base / 'input' / 'data' / 'dataset'} is a folder"
            )
        return cls(
            model=Path(environ.get("SM_MODEL_DIR", base / "model")),
            output=Path(environ.get("SM_OUTPUT_DATA_DIR", base / "output" / "data")),
            failure=failure_file(environ),
            checkpoints=base / "checkpoints",
            dataset=dataset,
            champion=channel("champion"),
            base_model=channel("base_model"),
            serving_deps=channel("serving_deps"),
        )


def failure_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The file whose text SageMaker shows as the job's failure reason."""
    return Path(environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "output" / "failure"


def parse_arguments(arguments: Sequence[str]) -> Hyperparameters:
    """Hyperparameters from ``--name value`` arguments; TrainingError names an unknown one or a wrong value."""
    parser = _Parser(allow_abbrev=False, add_help=False)
    for field in fields(Hyperparameters):
        parser.add_argument(f"--{field.name}", type=type(field.default))
    given: dict[str, Any] = {
        name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None
    }
    chosen = Hyperparameters(**given)
    chosen.check()
    return chosen


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        names = ", ".join(field.name for field in fields(Hyperparameters))
        raise TrainingError(f"hyperparameters: {message}; known ones are {names}")
